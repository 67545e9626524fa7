import { randomUUID } from "node:crypto";
import { DaqError } from "../model/errors.ts";
import type { Ledger } from "../model/ledger.ts";
import type { Metadata } from "../model/metadata.ts";
import type { Quantities, Readings } from "../model/reading.ts";
import { type ComposedDescriptor, composeEvents, timeKeyOf } from "./compose-event.ts";
import type { DataKey } from "./data-key.ts";
import { dataKeyOf } from "./data-key-of.ts";
import { parseDocument } from "./document.ts";
import type { EventDescriptor } from "./event-descriptor.ts";
import type { RunStart } from "./run-start.ts";
import type { ExitStatus, RunStop } from "./run-stop.ts";
import { sameInJson } from "./same-in-json.ts";
import { secondsOf } from "./seconds-of.ts";
import type { StreamDatum } from "./stream-datum.ts";
import type { StreamResource } from "./stream-resource.ts";

export type RunToCompose = {
  readonly startedAtNs: bigint;
  /** What a person adds. A key that the model or the plan uses is refused: `DaqError("usage")`. */
  readonly metadata?: Metadata;
  /** What the plan says of itself, in the fields of a run start. */
  readonly plan?: Partial<RunStart>;
  /** Absent: a new one. */
  readonly uid?: string;
};

/** One device of a stream: what it gives, and how it is set. */
export type DescribedDevice = {
  readonly id: string;
  readonly quantities: Quantities;
  /** Quantities that are elsewhere, in a file that a stream resource names. */
  readonly external?: readonly string[];
  readonly settings?: { readonly quantities: Quantities; readonly readings: Readings };
  /** Quantities to look at first. Absent: all. */
  readonly hints?: readonly string[];
};

export type ComposedRun = {
  readonly start: RunStart;
  /**
   * Opens a stream, or gives it a second descriptor after a device was set differently: the numbers go on. `earlier`, a
   * descriptor of a run that was interrupted, is used again where the devices are set as they were then.
   */
  composeDescriptor(
    name: string,
    devices: readonly DescribedDevice[],
    atNs: bigint,
    earlier?: EventDescriptor,
  ): ComposedDescriptor;
  /** Events of each stream so far. */
  counts(): ReadonlyMap<string, number>;
  composeStreamResource(resource: Omit<StreamResource, "uid" | "run_start">): StreamResource;
  composeStreamDatum(datum: Omit<StreamDatum, "uid">): StreamDatum;
  composeStop(status: ExitStatus, reason: string, atNs: bigint, ledger?: Ledger): RunStop;
};

/** Fields of a start document that only the engine and the plan fill in; the others are for people too. */
const reserved: readonly string[] = [
  "uid",
  "time",
  "time_ns",
  "plan_name",
  "plan_args",
  "num_points",
  "detectors",
  "motors",
  "shape",
  "hints",
];

/** Throws `DaqError` for what no start document can hold beside what the run and its plan write there. */
export function checkMetadata(metadata: Metadata, plan: Partial<RunStart> = {}): void {
  const taken = Object.keys(metadata).find((key) => reserved.includes(key) || Object.hasOwn(plan, key));
  if (taken !== undefined)
    throw new DaqError("usage", `The metadata key "${taken}" is taken: the run writes its own value there.`, {
      hint: `Give it another name, such as "my_${taken}". Taken are ${reserved.join(", ")}.`,
    });
  parseDocument("start", { ...metadata, uid: "of the run", time: 0 });
}

const timeQuantity = (of: string, objectName: string): DataKey => ({
  ...dataKeyOf({ dtype: "int64", unit: "ns", source: "the time of the value, UTC since 1970" }, objectName),
  time_of: of,
});

function describe(name: string, devices: readonly DescribedDevice[]) {
  const dataKeys: Record<string, DataKey> = {};
  const objectKeys: Record<string, readonly string[]> = {};
  const add = (key: string, value: DataKey, device: string) => {
    if (Object.hasOwn(dataKeys, key))
      throw new DaqError("usage", `Stream ${name}: two devices give "${key}"; the second is ${device}.`, {
        hint: "Give the devices different ids.",
      });
    dataKeys[key] = value;
  };
  for (const { id, quantities, external = [] } of devices) {
    const names: string[] = [];
    for (const [key, quantity] of Object.entries(quantities)) {
      const isExternal = external.includes(key);
      add(key, { ...dataKeyOf(quantity, id), ...(isExternal ? { external: "STREAM:" } : {}) }, id);
      names.push(key);
      if (isExternal) continue;
      add(timeKeyOf(key), timeQuantity(key, id), id);
      names.push(timeKeyOf(key));
    }
    objectKeys[id] = names;
  }
  add(timeKeyOf("event"), timeQuantity("event", "engine"), "engine");
  return { dataKeys, objectKeys };
}

function configurationOf({ id, settings }: DescribedDevice) {
  if (settings === undefined) return [];
  const entries = Object.entries(settings.readings);
  return [
    [
      id,
      {
        data: Object.fromEntries(entries.map(([key, { value }]) => [key, value])),
        timestamps: Object.fromEntries(
          entries.map(([key, { timestampNs }]) => [key, secondsOf(timestampNs)]),
        ),
        data_keys: Object.fromEntries(
          Object.entries(settings.quantities).map(([key, quantity]) => [key, dataKeyOf(quantity, id)]),
        ),
      },
    ] as const,
  ];
}

/** Composes the documents of one run. Whatever it gives is checked: what it cannot say rightly, it refuses. */
export function composeRun({ startedAtNs, metadata = {}, plan = {}, uid }: RunToCompose): ComposedRun {
  checkMetadata(metadata, plan);
  const start = {
    uid: uid ?? randomUUID(),
    time: secondsOf(startedAtNs),
    time_ns: startedAtNs,
    ...metadata,
    ...plan,
  } as RunStart;
  parseDocument("start", start);
  return composerOf(start, new Map());
}

/** The composer of a run that was interrupted: its streams, with their last numbers. */
export function recomposeRun(
  start: RunStart,
  streams: ReadonlyMap<string, { readonly descriptor: EventDescriptor; readonly last: number }>,
): ComposedRun {
  return composerOf(
    start,
    new Map(
      [...streams].map(([name, { descriptor, last }]) => [
        name,
        { events: last, keys: namesOf(descriptor.data_keys) },
      ]),
    ),
  );
}

function namesOf(dataKeys: object): string {
  return Object.keys(dataKeys).sort().join("\n");
}

/** Throws when devices give something else than before; false when they are only set differently. */
function sameDescriptor(name: string, now: EventDescriptor, earlier: EventDescriptor): boolean {
  for (const part of ["data_keys", "object_keys"] as const)
    for (const key of Object.keys({ ...now[part], ...earlier[part] }))
      if (!sameInJson(now[part]?.[key], earlier[part]?.[key]))
        throw new DaqError("usage", `Stream ${name}: ${key} is not what it was when the run was recorded.`, {
          hint: "Use the same devices with the same configuration, or carry out the plan as a new run.",
        });
  const settings = ({ configuration = {} }: EventDescriptor) =>
    Object.entries(configuration).map(([id, { data }]) => [id, data]);
  return sameInJson(settings(now), settings(earlier));
}

function composerOf(
  start: RunStart,
  counters: Map<string, { events: number; readonly keys: string }>,
): ComposedRun {
  return {
    start,
    counts: () => new Map([...counters].map(([name, { events }]) => [name, events])),
    composeDescriptor(name, devices, atNs, earlier) {
      const { dataKeys, objectKeys } = describe(name, devices);
      const keys = namesOf(dataKeys);
      const counter = counters.get(name) ?? { events: 0, keys };
      if (counter.keys !== keys)
        throw new DaqError("usage", `Stream ${name} was opened with other quantities.`, {
          hint: "Create a stream of another name for them.",
        });
      counters.set(name, counter);
      const descriptor: EventDescriptor = {
        uid: randomUUID(),
        run_start: start.uid,
        time: secondsOf(atNs),
        time_ns: atNs,
        name,
        data_keys: dataKeys,
        object_keys: objectKeys,
        configuration: Object.fromEntries(devices.flatMap(configurationOf)),
        hints: Object.fromEntries(
          devices.map(({ id, quantities, hints }) => [id, { fields: hints ?? Object.keys(quantities) }]),
        ),
      };
      parseDocument("descriptor", descriptor);
      const columns = devices.flatMap(({ quantities, external = [] }) =>
        Object.keys(quantities)
          .filter((key) => !external.includes(key))
          .map((key) => ({ name: key, timeName: timeKeyOf(key), key: dataKeys[key]! })),
      );
      const same = earlier !== undefined && sameDescriptor(name, descriptor, earlier);
      return composeEvents(same ? earlier : descriptor, columns, counter);
    },
    composeStreamResource: (resource) =>
      ({ ...resource, uid: randomUUID(), run_start: start.uid }) as StreamResource,
    composeStreamDatum: (datum) => ({ ...datum, uid: randomUUID() }) as StreamDatum,
    composeStop(status, reason, atNs, ledger) {
      const stop: RunStop = {
        uid: randomUUID(),
        run_start: start.uid,
        time: secondsOf(atNs),
        time_ns: atNs,
        exit_status: status,
        reason,
        num_events: Object.fromEntries([...counters].map(([name, { events }]) => [name, events])),
        ...(ledger === undefined ? {} : { ledger }),
      };
      parseDocument("stop", stop);
      return stop;
    },
  };
}
