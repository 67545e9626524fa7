import type { Device, FrameProducing } from "../../devices/capabilities.ts";
import { setExposure } from "../../engine/messages/set-exposure.ts";
import type { Plan } from "../../engine/plan.ts";
import { DaqError } from "../../model/errors.ts";
import type { HostFunction } from "../host-function.ts";
import { able } from "./able.ts";
import { adcType, cameraType, powerMeterType } from "./device-types.ts";
import { type Frame, frameType } from "./frame.ts";
import type { ScriptSession } from "./script-session.ts";

function* grabFrame(session: ScriptSession, camera: FrameProducing): Plan<Frame> {
  session.takeStatistics(camera);
  const readings = yield* session.acquire(camera);
  const number = readings[`${camera.id}_frame`]?.value;
  if (typeof number !== "number")
    throw new DaqError("device", `${camera.id} lost the frame.`, {
      hint: "The loss is written down in the file. Take another one, or catch this.",
    });
  const column = camera.frames.columns[0]!;
  const [height = 1, width = 1] = column.shape;
  const counts =
    !column.dtype.startsWith("float") && column.scale === undefined && column.offset === undefined;
  return { width, height, number, counts, statistics: session.takeStatistics(camera) };
}

export function cameraFunctions(session: ScriptSession): HostFunction[] {
  return [
    {
      name: "set_trigger_mode",
      parameters: [cameraType, "string"],
      returns: "unit",
      call: ([camera, mode]) => {
        if (mode === "software") return;
        throw new DaqError(
          "device",
          `${(camera as Device).id} has no trigger mode ${JSON.stringify(mode)}: it is triggered by software.`,
          { hint: 'Use "software": each grab_frame() takes one frame.' },
        );
      },
    },
    {
      name: "grab_frame",
      parameters: [cameraType],
      returns: frameType,
      call: ([camera]) => session.ask(grabFrame(session, camera as FrameProducing)),
    },
    ...[cameraType, powerMeterType, adcType].map(
      (type): HostFunction => ({
        name: "set_exposure",
        parameters: [type, "float"],
        returns: "unit",
        call: ([device, milliseconds]) => {
          const exposing = able(device as Device, "exposing", "be told how long to expose");
          return session.ask(setExposure(exposing, (milliseconds as number) / 1000));
        },
      }),
    ),
  ];
}
