import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { loadDriver } from "../../src/devices/registry.ts";
import { sampleOffsetNs } from "../../src/devices/sample-times.ts";
import type { Metadata } from "../../src/model/metadata.ts";
import type { StreamSchema } from "../../src/model/stream-schema.ts";
import { runSource } from "../../src/testing/run-source.ts";
import { DaqRecord } from "../system/daq-record.ts";
import {
  type ColumnDigest,
  digestOf,
  type RecordedColumns,
  readArrowColumns,
  readCsvColumns,
  withoutMissing,
} from "./recorded-columns.ts";
import { readWithStockReaders, type Table, withoutLibrary } from "./stock-readers.ts";

const records = 500;

/** Every kind of stream: frames with drops, a meter with missing answers, a converter in volts and in raw counts. */
const devices: Record<string, { readonly driver: string; readonly settings: Metadata }> = {
  camera0: {
    driver: "sim.camera",
    settings: { width: 32, height: 24, rate_hz: 1000, bit_depth: 12, drop_every: 7, paced: false, seed: 11 },
  },
  power0: { driver: "sim.power_meter", settings: { rate_hz: 1000, miss_every: 3, noise: 0.5, seed: 12 } },
  adc0: {
    driver: "sim.adc",
    settings: { channels: ["signal", "reference"], sample_rate_hz: 44_100, seed: 13 },
  },
  adc1: { driver: "sim.adc", settings: { output: "raw", records_per_batch: 7, seed: 14 } },
};
const tables = ["power0", "adc0", "adc1"];

function configText(ids: readonly string[], output: string, storage: string): string {
  const list = ids.flatMap((id) => [
    "[[devices]]",
    `id = "${id}"`,
    `driver = "${devices[id]!.driver}"`,
    ...(tables.includes(id) ? [] : ['format = "arrow"']),
    ...Object.entries(devices[id]!.settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
  ]);
  return ["[storage]", `output_path = ${JSON.stringify(output)}`, storage, ...list].join("\n");
}

describe("a recorded run of simulated devices", () => {
  let folder: string;
  let seen: ReturnType<typeof readWithStockReaders>;
  let startedMs: number;
  let endedMs: number;
  const schemas = new Map<string, StreamSchema>();
  /** Made again from driver, settings and seed, without ring, recorder or file. Has no timestamps. */
  const regenerated = new Map<string, RecordedColumns>();
  const arrowPath = (stream: string) => join(folder, `run.${stream}.arrow`);
  const csvPaths = (stream: string) => [
    join(folder, `run.${stream}.csv`),
    join(folder, `packed.${stream}.csv.gz`),
  ];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "daq-interop-"));
    startedMs = Date.now();
    // 3: the camera drops frames, and says so.
    await record("run", Object.keys(devices), 'format = ["arrow", "csv"]', 3);
    await record("packed", tables, 'format = "csv"\ncompression = "gzip"\ncompression_level = 6', 0);
    endedMs = Date.now();
    for (const [id, { driver, settings }] of Object.entries(devices)) {
      const { stream } = await runSource(await loadDriver(driver), { settings, recordLimit: records });
      const sequence = BigInt64Array.from(stream.sequences, BigInt);
      regenerated.set(id, {
        sequence: withoutMissing("int64", new Uint8Array(sequence.buffer)),
        ...Object.fromEntries(
          stream.schema.columns.map(({ name, dtype }) => {
            const values = stream.values(name);
            const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
            return [name, withoutMissing(dtype, bytes, stream.validity(name))];
          }),
        ),
      });
      schemas.set(id, stream.schema);
    }
    const paths = [...Object.keys(devices).map(arrowPath), ...tables.flatMap(csvPaths)];
    seen = readWithStockReaders(paths);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function record(name: string, ids: readonly string[], storage: string, code: number): Promise<void> {
    const config = join(folder, `${name}.toml`);
    writeFileSync(config, configText(ids, join(folder, `${name}.{ext}`), storage));
    const run = new DaqRecord([config, "--frames", `${records}`]);
    assert.deepEqual(await run.ended, { code, signal: null }, run.stderr);
  }

  function assertSameValues(
    found: { readonly [name: string]: ColumnDigest },
    own: RecordedColumns,
    id: string,
    where: string,
  ): void {
    assert.deepEqual(Object.keys(found), Object.keys(own), where);
    for (const [name, column] of Object.entries(own)) {
      const { dtype, records: count, missing: gone, sha256 } = found[name]!;
      assert.deepEqual(
        { dtype, records: count, missing: gone, sha256 },
        digestOf(column),
        `${where} ${name}: our reader`,
      );
      const again = regenerated.get(id)![name];
      if (again !== undefined) assert.equal(sha256, digestOf(again).sha256, `${where} ${name}: made again`);
      else assert.equal(name, "timestamp");
    }
  }

  function view(name: string, path: string): Table {
    const found = seen.files[path]![name]!;
    assert.equal(found.error, undefined, `${name} ${path}`);
    return found;
  }

  function assertUnits(units: Table["units"], id: string): void {
    const own = schemas.get(id)!.columns.map((column) => [column.name, column.unit ?? null]);
    assert.deepEqual(
      { ...units, timestamp: null, sequence: null },
      { timestamp: null, sequence: null, ...Object.fromEntries(own) },
    );
  }

  function assertInRun(times: readonly [string, string]): void {
    for (const text of times) {
      const ms = Date.parse(text.replace(/(\.\d{3})\d*/, "$1"));
      assert.ok(
        ms >= startedMs - 1 && ms <= endedMs + 1,
        `${text} is not between ${startedMs} and ${endedMs}`,
      );
      assert.match(text, /\+00:00$/);
    }
  }

  test("our own readers give the values that the devices made, from every file", async () => {
    const expectMade = (own: RecordedColumns, id: string, where: string) => {
      const { timestamp, ...values } = own;
      const digests = (columns: RecordedColumns) =>
        Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, digestOf(column)]));
      assert.deepEqual(digests(values), digests(regenerated.get(id)!), where);
      assert.equal(timestamp!.validity.length, values.sequence!.validity.length);
    };
    for (const id of Object.keys(devices))
      expectMade(await readArrowColumns(arrowPath(id)), id, arrowPath(id));
    for (const id of tables)
      for (const path of csvPaths(id)) expectMade(await readCsvColumns(path), id, path);
    const dropped = Math.floor(records / 7);
    assert.equal(regenerated.get("camera0")!.sequence!.validity.length, records - dropped);
    assert.equal(digestOf(regenerated.get("power0")!.power!).missing, Math.floor(records / 3));
  });

  test("Arrow and CSV of one run hold the same timestamps", async () => {
    for (const id of tables) {
      const arrow = (await readArrowColumns(arrowPath(id))).timestamp!;
      const csv = (await readCsvColumns(csvPaths(id)[0]!)).timestamp!;
      assert.deepEqual(digestOf(csv), digestOf(arrow), id);
    }
  });

  test("samples of the converter are stamped by its own clock, exact to the nanosecond", async () => {
    for (const id of ["adc0", "adc1"]) {
      const { timestamp } = await readArrowColumns(arrowPath(id));
      const { bytes } = timestamp!;
      const timesNs = new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
      const offsets = Array.from(timesNs, (timeNs) => timeNs - timesNs[0]!);
      const { rateHz } = schemas.get(id)!;
      assert.deepEqual(
        offsets,
        Array.from({ length: records }, (_, at) => sampleOffsetNs(at, rateHz!)),
      );
    }
  });

  for (const library of ["pandas", "polars", "pyarrow", "duckdb"])
    test(`${library} reads every value of CSV to the bit, plain and gzip`, {
      skip: withoutLibrary(library),
    }, async () => {
      for (const id of tables)
        for (const path of csvPaths(id)) {
          const { columns, units } = view(`${library}-csv`, path);
          assertSameValues(columns, await readCsvColumns(path), id, path);
          assertUnits(units, id);
          for (const { name, dtype } of schemas.get(id)!.columns)
            assert.equal(
              columns[name]!.inferred,
              dtype.startsWith("float") ? "float64" : "int64",
              `${path} ${name}`,
            );
        }
    });

  test("pandas turns the timestamps of CSV into UTC times of the run", {
    skip: withoutLibrary("pandas"),
  }, () => {
    for (const path of tables.flatMap(csvPaths)) {
      const table = view("pandas-csv", path);
      assert.equal(table["time type"], "datetime64[ns, UTC]");
      assertInRun(table.times!);
    }
  });

  for (const library of ["pyarrow", "polars"])
    test(`${library} reads every value of Arrow to the bit, in its type`, {
      skip: withoutLibrary(library),
    }, async () => {
      for (const id of Object.keys(devices)) {
        const path = arrowPath(id);
        assertSameValues(view(`${library}-arrow`, path).columns, await readArrowColumns(path), id, path);
      }
    });

  test("pyarrow sees units, UTC nanoseconds and the shape of a frame", {
    skip: withoutLibrary("pyarrow"),
  }, () => {
    for (const id of Object.keys(devices)) {
      const table = view("pyarrow-arrow", arrowPath(id));
      assertUnits(table.units, id);
      assert.equal(table["time type"], "timestamp[ns, tz=UTC]");
      assertInRun(table.times!);
    }
    assert.deepEqual(view("pyarrow-arrow", arrowPath("camera0")).columns.frame!.shape, [24, 32]);
  });
});
