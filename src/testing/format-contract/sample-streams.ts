import { type DType, numberDTypes } from "../../model/dtype.ts";
import type { Ledger, LostRange } from "../../model/ledger.ts";
import type { RunInfo } from "../../model/run.ts";
import type { Column, StreamSchema } from "../../model/stream-schema.ts";

function scalar(name: string, dtype: DType, rest: Partial<Column> = {}): Column {
  return { name, dtype, shape: [], dims: [], ...rest };
}

/** One column of each dtype of numbers. */
export const everyType: StreamSchema = {
  name: "every-type",
  kind: "table",
  columns: numberDTypes.map((dtype) => scalar(`the ${dtype}`, dtype)),
  source: "format contract",
  clock: "system",
};

/** Everything that can be said about a column, values that may be missing, and names that need care. */
export const gauges: StreamSchema = {
  name: "lab_2.gauges",
  kind: "table",
  columns: [
    scalar("power", "float64", {
      unit: "mW",
      nullable: true,
      description: 'After the "50:50" splitter, port 1',
    }),
    scalar("température (°C)", "float32", { unit: "degC", nullable: true, range: [-40, 125.5] }),
    scalar('count,\n"raw"', "int64", { nullable: true }),
    scalar("AI0", "int16", { unit: "V", scale: 20 / 65536, offset: -0.5, range: [-10, 10] }),
    scalar("state", "uint8", { nullable: true }),
    scalar("total", "uint64", { nullable: true }),
  ],
  source: 'sim.gauges on "/dev/ttyUSB0"',
  clock: "device",
  rateHz: 12.5,
  metadata: { firmware: "2.1-β", gains: [1, 2.5], serial: 2n ** 63n + 1n, nested: { on: true } },
};

/** Texts and switches. */
export const logbook: StreamSchema = {
  name: "logbook",
  kind: "table",
  columns: [
    scalar("shutter open", "bool", { description: "Seen by the light barrier" }),
    scalar("interlock", "bool", { nullable: true }),
    scalar("comment", "string", { maxBytes: 60, nullable: true, description: "Of the operator" }),
    scalar("mode", "string", { maxBytes: 7 }),
    scalar("power", "float32", { unit: "mW", nullable: true }),
  ],
  source: "format contract",
  clock: "system",
};

/** Small arrays in a table. */
export const spectrum: StreamSchema = {
  name: "spectrum",
  kind: "table",
  columns: [
    { name: "intensity", dtype: "uint16", shape: [4], dims: ["wavelength"], unit: "count" },
    { name: "jones", dtype: "float32", shape: [2, 2], dims: ["out", "in"], nullable: true },
    { name: "ticks", dtype: "int64", shape: [2], dims: ["edge"] },
  ],
  source: "format contract",
  clock: "system",
};

/** Frames; a format that refuses them has to say so. */
export const camera: StreamSchema = {
  name: "camera0",
  kind: "array",
  columns: [{ name: "frame", dtype: "uint16", shape: [5, 7], dims: ["y", "x"], unit: "count" }],
  source: "format contract",
  clock: "device",
  rateHz: 30,
};

export const sampleRun: RunInfo = {
  uid: "0123456789abcdef0123456789abcdef",
  startedAtNs: "1764000000123456789",
  experiment: {
    name: "wavelength_scan",
    sample: "GaAs, wafer 7 – “left” half",
    attempts: 3,
    threshold: 0.1,
    seed: 9007199254740993n,
    dry_run: false,
    positions: [1, 2.5, -3e-9],
    optics: { slit_um: 50, filters: ["ND2", "BG39"] },
  },
  host: "bench-4",
  software: { name: "daq-storage", version: "0.1.0" },
  devices: [{ id: "lab_2", driver: "sim.gauges", settings: { port: "/dev/ttyUSB0", baud: 115200 } }],
};

/** A ledger that says, for each stream, how many records were stored and which were not. */
export function ledgerOf(
  streams: readonly {
    readonly schema: StreamSchema;
    readonly stored: number;
    readonly ranges: readonly LostRange[];
  }[],
): Ledger {
  return {
    complete: true,
    accounts: streams.map(({ schema, stored, ranges }) => {
      const lost = ranges.reduce((sum, range) => sum + range.count, 0);
      return { stream: schema.name, produced: stored + lost, stored, lost, ranges };
    }),
  };
}
