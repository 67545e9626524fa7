import type { Movable } from "../../devices/capabilities.ts";
import { position } from "../../engine/messages/position.ts";
import type { Plan } from "../../engine/plan.ts";
import type { HostFunction } from "../host-function.ts";
import { laserType, stageType } from "./device-types.ts";
import type { ScriptSession } from "./script-session.ts";

function* moveBy(session: ScriptSession, axis: Movable, distance: number): Plan {
  yield* session.settle(axis);
  yield* session.beginMove(axis, (yield* position(axis)) + distance);
}

function* tune(session: ScriptSession, laser: Movable, nanometres: number): Plan {
  yield* session.beginMove(laser, nanometres);
  yield* session.settle(laser);
}

export function axisFunctions(session: ScriptSession): HostFunction[] {
  const ofBoth = [laserType, stageType].flatMap((type): HostFunction[] => [
    {
      name: "position",
      parameters: [type],
      returns: "float",
      call: ([axis]) => session.ask(position(axis as Movable)),
    },
    {
      name: "wait_settled",
      parameters: [type],
      returns: "unit",
      call: ([axis]) => session.ask(session.settle(axis as Movable)),
    },
    {
      name: "move_abs",
      parameters: [type, "float"],
      returns: "unit",
      call: ([axis, target]) => session.ask(session.beginMove(axis as Movable, target as number)),
    },
    {
      name: "move_rel",
      parameters: [type, "float"],
      returns: "unit",
      call: ([axis, distance]) => session.ask(moveBy(session, axis as Movable, distance as number)),
    },
  ]);
  return [
    ...ofBoth,
    {
      name: "set_wavelength",
      parameters: [laserType, "float"],
      returns: "unit",
      call: ([laser, nanometres]) => session.ask(tune(session, laser as Movable, nanometres as number)),
    },
    {
      name: "wavelength",
      parameters: [laserType],
      returns: "float",
      call: ([laser]) => session.ask(position(laser as Movable)),
    },
  ];
}
