import type { DataKey } from "../../documents/data-key.ts";
import { dataKeyOf } from "../../documents/data-key-of.ts";
import { problemsOf } from "../../documents/document.ts";
import { encodeDocumentLine } from "../../documents/document-line.ts";
import type { EventDescriptor } from "../../documents/event-descriptor.ts";
import type { RunStart } from "../../documents/run-start.ts";
import { secondsOf } from "../../documents/seconds-of.ts";
import { toJson } from "../../model/metadata.ts";
import type { Run, RunInfo } from "../../model/run.ts";
import type { Column, StreamSchema } from "../../model/stream-schema.ts";
import { timeColumnsOf } from "./time-columns.ts";

/** The key of a record's own time in the pages; no column can have this name. */
export const timestampKey = "timestamp";

export function startUid({ uid, start }: RunInfo): string {
  return typeof start?.uid === "string" ? start.uid : uid;
}

export function descriptorUid(info: RunInfo, stream: string): string {
  return `${startUid(info)}/${stream}`;
}

/** The lines that stand before all pages: the start document and a descriptor for each stream. */
export function headText({ info, streams }: Run): string {
  const lines = [encodeDocumentLine("start", startOf(info))];
  for (const stream of streams) lines.push(encodeDocumentLine("descriptor", descriptorOf(info, stream)));
  return lines.join("");
}

/** The engine's own start document where there is one; `daq_run` has what is known of the run besides, exactly. */
function startOf(info: RunInfo): RunStart {
  return { ...(info.start ?? startOfRecording(info)), daq_run: toJson(info) } as unknown as RunStart;
}

function startOfRecording({ uid, startedAtNs, experiment }: RunInfo): { readonly [key: string]: unknown } {
  const timeNs = BigInt(startedAtNs);
  const own = { uid, time: secondsOf(timeNs), time_ns: timeNs };
  const { name, ...metadata } = experiment;
  const said = { ...(name === undefined ? {} : { experiment: name }), ...metadata };
  // What the model has other rules for is in `daq_run` alone.
  const allowed = Object.entries(said).filter(
    ([key, value]) => !Object.hasOwn(own, key) && problemsOf("start", { ...own, [key]: value }).length === 0,
  );
  return { ...own, ...Object.fromEntries(allowed) };
}

/** The model allows no dots in the names of devices. */
function objectName({ name }: StreamSchema): string {
  return name.replaceAll(".", "_");
}

function descriptorOf(info: RunInfo, stream: StreamSchema): EventDescriptor {
  const timeNs = BigInt(info.startedAtNs);
  const times = timeColumnsOf(stream);
  const keyOfTime = dataKeyOf(
    { dtype: "int64", unit: "ns", source: "the time of the record, UTC since 1970" },
    objectName(stream),
  );
  const keys: [string, DataKey][] = [[timestampKey, { ...keyOfTime, time_of: "event" }]];
  for (const column of stream.columns) keys.push([column.name, dataKey(stream, column)]);
  const ofTimes = new Map([...times].map(([name, timeColumn]) => [timeColumn, name]));
  return {
    uid: descriptorUid(info, stream.name),
    run_start: startUid(info),
    time: secondsOf(timeNs),
    time_ns: timeNs,
    name: stream.name,
    data_keys: Object.fromEntries(
      keys.map(([name, key]) => {
        const of = ofTimes.get(name);
        return [name, of === undefined ? key : { ...key, time_of: of }];
      }),
    ),
    object_keys: { [objectName(stream)]: keys.map(([name]) => name) },
    hints: {
      [objectName(stream)]: { fields: stream.columns.map(({ name }) => name).filter((n) => !ofTimes.has(n)) },
    },
    daq_stream: toJson(stream),
  } as EventDescriptor;
}

function dataKey(stream: StreamSchema, column: Column): DataKey {
  const { dtype, maxBytes, shape, dims, unit, range, scale, offset, description } = column;
  const quantity = {
    dtype,
    ...(maxBytes === undefined ? {} : { maxBytes }),
    shape,
    ...(shape.length === 0 ? {} : { dims }),
    unit: unit ?? null,
    source: stream.source,
    ...(range === undefined ? {} : { limits: range }),
  };
  return {
    ...dataKeyOf(quantity, objectName(stream)),
    ...(scale === undefined ? {} : { scale }),
    ...(offset === undefined ? {} : { offset }),
    ...(description === undefined ? {} : { description }),
  };
}
