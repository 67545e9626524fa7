/** A stranger's program in TypeScript: it only has to type-check, against the declarations that the package ships. */
import { DaqError, type LoadedConfig, loadConfig, RingBuffer, type RunReport, recordRun } from "daq-storage";
import { type Driver, type FrameSource, loadDriver, systemClock } from "daq-storage/devices";
import { type Format, formatNames, loadFormat } from "daq-storage/formats";
import { type ArrowBatch, ArrowReader } from "daq-storage/formats/arrow";
import { readRows } from "daq-storage/formats/csv";
import { type Column, type DType, type StreamSchema, typedView } from "daq-storage/model";
import { type RecorderOptions, RecorderProcess } from "daq-storage/recorder";
import { type RingReader, RingWriter } from "daq-storage/ring";
import { openStore, type Store, type StoredObject } from "daq-storage/stores";
import { formatContract, MemorySink, SteppingClock } from "daq-storage/testing";

const column: Column = { name: "n", dtype: "int32", shape: [], dims: [] };
const schema: StreamSchema = {
  name: "counter",
  kind: "table",
  columns: [column],
  source: "consumer",
  clock: "system",
};
// @ts-expect-error A dtype is one of a closed set: the declarations are types, not `any`.
export const wrong: DType = "complex128";

export const source: FrameSource = {
  id: "counter",
  streams: [schema],
  async run({ sink, clock }) {
    const stream = sink.openStream(schema);
    await stream.write({ count: 1, timestampNs: clock.nowNs(), columns: [new Uint8Array(4)] });
  },
};

export function ringOf(path: string): RingBuffer {
  // @ts-expect-error A bare number does not say its unit.
  RingBuffer.create(path, 100);
  // @ts-expect-error One size, not two.
  RingBuffer.create(path, { sizeMb: 1, sizeBytes: 2 ** 20 });
  const ring: RingWriter = RingBuffer.create(path, { sizeMb: 100, overflow: "block" });
  const reader: RingReader = RingBuffer.attach(ring.path, { name: "tap", durable: false });
  reader.close();
  return RingWriter.create(path, { sizeBytes: 2 ** 20 });
}

export async function record(): Promise<RunReport> {
  const { config }: LoadedConfig = await loadConfig({ env: process.env, flags: {} });
  const { signal } = new AbortController();
  return recordRun(config, { durationMs: 1000, stop: signal, giveUp: signal });
}

export async function parts(): Promise<{ formats: Format[]; driver: Driver }> {
  return { formats: await Promise.all(formatNames.map(loadFormat)), driver: await loadDriver("sim.camera") };
}

export async function values(path: string): Promise<bigint | number | undefined> {
  await using reader = await ArrowReader.open(path);
  const batch: ArrowBatch | undefined = await reader.next();
  // @ts-expect-error A batch has no such property.
  batch?.values;
  return batch === undefined ? undefined : typedView("int64", batch.columns[0]!.bytes)[0];
}

export async function firstFields(path: string): Promise<string[] | undefined> {
  for await (const fields of readRows(path, { unterminated: "skip" })) return fields;
  return undefined;
}

export function startRecorder(options: RecorderOptions): Promise<void> {
  return new RecorderProcess(options).ready.catch((error: unknown) => {
    throw error instanceof DaqError ? error : new DaqError("process", String(error));
  });
}

export const clocks = [systemClock, new SteppingClock()];
export const stored = async (store: Promise<Store> = openStore("data")): Promise<StoredObject | undefined> =>
  (await store).stat("run/zarr.json");
export const sink = new MemorySink();
export const contract: (format: Format) => void = (format) =>
  formatContract(format, { readBack: async () => new Map() });
