import type { Device, Readable } from "../../devices/capabilities.ts";
import { setWavelength } from "../../engine/messages/set-wavelength.ts";
import type { Plan } from "../../engine/plan.ts";
import { DaqError } from "../../model/errors.ts";
import type { Quantities } from "../../model/reading.ts";
import type { HostFunction } from "../host-function.ts";
import type { Value } from "../values/value.ts";
import { able } from "./able.ts";
import { adcType, powerMeterType, shutterType } from "./device-types.ts";
import type { ScriptSession } from "./script-session.ts";
import { scriptValueOf } from "./script-value-of.ts";

/** One quantity of a device: by its name, with or without the device's in front, by its number from 0, or the first. */
function nameOf(device: Readable, quantities: Quantities, which: unknown): string {
  const names = Object.keys(quantities);
  const own = (name: string): string => name.replace(`${device.id}_`, "");
  const name =
    typeof which === "string"
      ? (names.find((each) => each === which) ?? names.find((each) => own(each) === which))
      : names[Number(which)];
  if (name !== undefined) return name;
  const asked = typeof which === "string" ? JSON.stringify(which) : String(which);
  throw new DaqError("device", `${device.id} has no quantity ${asked}.`, {
    hint: `It has ${names.map((each, index) => `${own(each)} (${index})`).join(", ") || "none"}.`,
  });
}

/** What a device says of itself stays the same: it is asked once. */
const descriptions = new WeakMap<Readable, Quantities>();

function* quantitiesOf(device: Readable): Plan<Quantities> {
  const known = descriptions.get(device);
  if (known !== undefined) return known;
  const quantities = (yield {
    command: "describe",
    words: () => `ask ${device.id} what it gives`,
    carryOut: (session) => session.ask(device, "its description", (signal) => device.describe(signal)),
  }) as Quantities;
  descriptions.set(device, quantities);
  return quantities;
}

function* readValue(session: ScriptSession, device: Readable, which: unknown): Plan<Value> {
  const quantities = yield* quantitiesOf(device);
  const name = nameOf(device, quantities, which);
  const readings = yield* session.acquire(device);
  const value = scriptValueOf(readings[name]?.value ?? null, quantities[name]!);
  if (value !== null) return value;
  throw new DaqError("device", `${device.id} answered without a value for ${name}.`, {
    hint: "The file has a missing value there. Read again, or catch this.",
  });
}

function* readAll(session: ScriptSession, device: Readable): Plan<Value> {
  const quantities = yield* quantitiesOf(device);
  const readings = yield* session.acquire(device);
  return new Map(
    Object.entries(quantities).map(([name, quantity]) => [
      name,
      scriptValueOf(readings[name]?.value ?? null, quantity),
    ]),
  );
}

export function readingFunctions(session: ScriptSession): HostFunction[] {
  const value = [powerMeterType, adcType].flatMap((type): HostFunction[] => [
    {
      name: "read_value",
      parameters: [type],
      returns: "any",
      call: ([device]) => session.ask(readValue(session, device as Readable, 0)),
    },
    ...(["int", "string"] as const).map(
      (which): HostFunction => ({
        name: "read_value",
        parameters: [type, which],
        returns: "any",
        call: ([device, name]) => session.ask(readValue(session, device as Readable, name)),
      }),
    ),
  ]);
  const all = [powerMeterType, adcType, shutterType].map(
    (type): HostFunction => ({
      name: "read_all",
      parameters: [type],
      returns: "any",
      call: ([device]) => session.ask(readAll(session, able(device as Device, "readable", "be read"))),
    }),
  );
  return [
    ...value,
    ...all,
    {
      name: "set_wavelength",
      parameters: [powerMeterType, "float"],
      returns: "unit",
      call: ([device, nanometres]) => {
        const meter = able(device as Device, "wavelength-selective", "be told a wavelength");
        return session.ask(setWavelength(meter, nanometres as number));
      },
    },
  ];
}
