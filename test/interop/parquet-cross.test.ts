import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openFileSink } from "../../src/bytes/file-sink.ts";
import { parquetFormat } from "../../src/formats/parquet/format.ts";
import type { Batch } from "../../src/model/batch.ts";
import {
  type DType,
  dtypes,
  isNumberDType,
  type NumberDType,
  numberDTypes,
  typedView,
} from "../../src/model/dtype.ts";
import { type Column, columnItemBytes, type StreamSchema } from "../../src/model/stream-schema.ts";
import { putText, textAt } from "../../src/model/text-values.ts";
import { ledgerOf, sampleRun } from "../../src/testing/format-contract/sample-streams.ts";

const python = process.env.PYTHON ?? "python3";
const script = join(import.meta.dirname, "parquet_cross.py");

/** What the encodings are for: values that come again, that go up by little, that jump about in some of their bits, and noise. */
const signals = ["states", "ramp", "jumps", "noise"] as const;
const sizes = [1, 3] as const;
const rows = 900;
const encodings = ["smallest", "plain"] as const;

type Signal = (typeof signals)[number];

type Cell = { readonly signal: Signal; readonly size: number; readonly column: Column };

// States first: they need the dictionaries, of which a process has a few dozen at a time.
const numbers: readonly Cell[] = signals.flatMap((signal) =>
  numberDTypes.flatMap((dtype) =>
    sizes.flatMap((size) =>
      [false, true].map((nullable) => {
        const shape = size === 1 ? [] : [size];
        const name = `${dtype} ${signal} ${size === 1 ? "one" : "list"} ${nullable ? "missing" : "there"}`;
        const dims = shape.map(() => "part");
        return { signal, size, column: { name, dtype, shape, dims, ...(nullable ? { nullable } : {}) } };
      }),
    ),
  ),
);

const maxBytes = 120;

const others: readonly Cell[] = (["states", "noise"] as const).flatMap((signal) =>
  (["bool", "string"] as const).flatMap((dtype) =>
    [false, true].map((nullable) => {
      const name = `${dtype} ${signal} one ${nullable ? "missing" : "there"}`;
      const more = { ...(dtype === "string" ? { maxBytes } : {}), ...(nullable ? { nullable } : {}) };
      return { signal, size: 1, column: { name, dtype, shape: [], dims: [], ...more } };
    }),
  ),
);

const cells: readonly Cell[] = [...numbers, ...others];

const stream: StreamSchema = {
  name: "cross",
  kind: "table",
  columns: cells.map(({ column }) => column),
  source: "test",
  clock: "device",
};

function mixed(at: number): number {
  const first = Math.imul(at ^ (at >>> 15), 0x2c1b_3c6d);
  return Math.imul(first ^ (first >>> 12), 0x297a_2d39) ^ (first >>> 15);
}

/** The values of all records, as bytes: integers wrap around in their width. */
function numbersOf(dtype: NumberDType, bytes: Uint8Array, signal: Signal): void {
  const values = typedView(dtype, bytes);
  const count = values.length;
  const isFloat = dtype.startsWith("float");
  for (let at = 0; at < count; at++) {
    const state = [0, -1, 1 / 3, 2e9, -0][Math.floor(at / 40) % 5]!;
    const ramp = isFloat ? Math.round(Math.sin(at / 80) * 9000) * (20 / 65_536) : at * 3 - (mixed(at) & 3);
    const jumps = mixed(at) & 0x3fff_ffff;
    const noise = mixed(at) * (isFloat ? Math.PI : 1);
    const number = { states: state, ramp, jumps, noise }[signal];
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
      // In eight bytes, jumps and noise are wide.
      const factor = signal === "jumps" ? 64 : signal === "noise" ? mixed(at + count) : 1;
      values[at] = BigInt(Math.trunc(number)) * BigInt(factor);
    } else values[at] = number;
  }
}

const states = ["open", "", "closed", "naïve µW – 温度 🔬", "in \"between\",\n'half'", "x".repeat(maxBytes)];

function valuesOf(column: Column, signal: Signal, count: number): Uint8Array {
  const bytes = new Uint8Array(count * columnItemBytes({ ...column, shape: [] }));
  if (isNumberDType(column.dtype)) numbersOf(column.dtype, bytes, signal);
  else
    for (let at = 0; at < count; at++) {
      const state = signal === "states" ? Math.floor(at / 40) % states.length : mixed(at) & 1023;
      if (column.dtype === "bool") bytes[at] = state & 1;
      else putText(bytes.subarray(at * maxBytes, (at + 1) * maxBytes), states[state] ?? `µ ${mixed(at)} °`);
    }
  return bytes;
}

function batchOf(): Batch {
  return {
    stream,
    count: rows,
    timestampsNs: BigInt64Array.from({ length: rows }, (_, at) => 1764000000000000000n + BigInt(at) * 1000n),
    sequences: BigInt64Array.from({ length: rows }, (_, at) => BigInt(at)),
    columns: cells.map(({ signal, size, column }) => {
      const bytes = valuesOf(column, signal, rows * size);
      if (column.nullable !== true) return { bytes };
      return { bytes, validity: Uint8Array.from({ length: rows }, (_, at) => (mixed(at) & 7 ? 1 : 0)) };
    }),
  };
}

/** Texts each behind its length, a missing one as if it were empty. */
function digestOfTexts(bytes: Uint8Array, validity: Uint8Array | undefined): string {
  const there = validity ?? new Uint8Array(rows).fill(1);
  const hash = createHash("sha1");
  for (let row = 0; row < rows; row++) {
    const text = Buffer.from(there[row] === 0 ? "" : textAt(bytes, row * maxBytes, maxBytes));
    hash.update(new Uint8Array(Uint32Array.of(text.byteLength).buffer)).update(text);
  }
  return hash.update(there).digest("hex");
}

function digest({ dtype }: Column, bytes: Uint8Array, validity: Uint8Array | undefined): string {
  if (dtype === "string") return digestOfTexts(bytes, validity);
  const item = bytes.byteLength / rows;
  const filled = Uint8Array.from(bytes);
  const there = validity ?? new Uint8Array(rows).fill(1);
  for (const [at, isThere] of there.entries()) if (isThere === 0) filled.fill(0, at * item, (at + 1) * item);
  return createHash("sha1").update(filled).update(there).digest("hex");
}

type Seen = {
  readonly readers: readonly string[];
  readonly files: {
    readonly [path: string]: {
      readonly encodings: { readonly [column: string]: readonly string[] };
      readonly columns: { readonly [reader: string]: { readonly [column: string]: string } };
    };
  };
};

function seenIn(paths: readonly string[]): Seen | undefined {
  try {
    return JSON.parse(
      execFileSync(python, [script, ...paths], {
        encoding: "utf8",
        maxBuffer: 2 ** 26,
        stdio: ["ignore", "pipe", "inherit"],
      }),
    ) as Seen;
  } catch {
    return undefined; // No Python, or none with pyarrow.
  }
}

const skip = seenIn([]) === undefined ? `${python} has no pyarrow; set PYTHON to one that has` : false;

describe("every dtype, alone and in lists, with and without missing values, in every encoding and codec", {
  skip,
}, () => {
  let folder: string;
  let seen: Seen;
  const batch = batchOf();
  const wanted = Object.fromEntries(
    cells.map(({ column }, at) => [
      column.name,
      digest(column, batch.columns[at]!.bytes, batch.columns[at]!.validity),
    ]),
  );
  const pathOf = (compression: string, encoding: string): string =>
    join(folder, `${compression}-${encoding}.parquet`);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "daq-parquet-cross-"));
    const paths: string[] = [];
    for (const compression of parquetFormat.compressions)
      for (const encoding of encodings) {
        const writer = await parquetFormat.create({
          path: pathOf(compression, encoding),
          run: { info: sampleRun, streams: [stream] },
          options: { compression, durability: "process", chunkRows: 400, parquet: { encoding } },
          openSink: openFileSink,
        });
        await writer.append(batch);
        await writer.close(ledgerOf([{ schema: stream, stored: rows, ranges: [] }]));
        paths.push(pathOf(compression, encoding));
      }
    seen = seenIn(paths)!;
  });

  after(() => rm(folder, { recursive: true, force: true }));

  for (const compression of parquetFormat.compressions)
    for (const encoding of encodings)
      test(`every reader sees ${cells.length} columns to the bit: ${compression}, ${encoding}`, () => {
        const { columns, encodings: found } = seen.files[pathOf(compression, encoding)]!;
        for (const reader of seen.readers)
          for (const { column } of cells) {
            const value = columns[reader]![column.name];
            if (reader === "fastparquet" && found[column.name]!.includes("BYTE_STREAM_SPLIT"))
              assert.match(value!, /Encoding 9/, "fastparquet knows BYTE_STREAM_SPLIT now");
            else assert.equal(value, wanted[column.name], `${reader}: ${column.name}, ${found[column.name]}`);
          }
      });

  test("each type has pages in each encoding that it can have", () => {
    const used = new Map<DType, Set<string>>(dtypes.map((dtype) => [dtype, new Set()]));
    for (const { encodings: found } of Object.values(seen.files))
      for (const { column } of cells)
        for (const name of found[column.name]!) used.get(column.dtype)!.add(name);
    for (const [dtype, names] of used) {
      const third = dtype.startsWith("float") ? ["BYTE_STREAM_SPLIT"] : ["DELTA_BINARY_PACKED"];
      const more = isNumberDType(dtype) ? third : [];
      const expected = dtype === "bool" ? ["PLAIN", "RLE"] : ["PLAIN", "RLE", "RLE_DICTIONARY", ...more];
      assert.deepEqual([...names].toSorted(), expected.toSorted(), dtype);
    }
  });
});
