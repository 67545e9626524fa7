import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, describe, test } from "node:test";
import { inspectParquet } from "../../src/formats/parquet/inspect.ts";
import { ParquetReader } from "../../src/formats/parquet/read.ts";
import { DaqError } from "../../src/model/errors.ts";

const python = process.env.PYTHON ?? "python3";
/** The folder of https://github.com/apache/parquet-testing, for its files as well; Arrow's own tests take it from here. */
const testData = process.env.PARQUET_TEST_DATA;

type Records = readonly (string | null)[];
type Written = {
  readonly columns: { readonly [table: string]: { readonly [column: string]: Records } };
  readonly files: { readonly [path: string]: string | null };
};

const folder = mkdtempSync(join(tmpdir(), "daq-parquet-foreign-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function writtenBy(script: string): Written | undefined {
  try {
    return JSON.parse(
      execFileSync(python, [join(import.meta.dirname, script), folder], {
        encoding: "utf8",
        maxBuffer: 2 ** 26,
        stdio: ["ignore", "pipe", "ignore"],
      }),
    ) as Written;
  } catch {
    return undefined; // No Python, or none with pyarrow.
  }
}

const written = writtenBy("parquet_foreign.py");
const skip = written === undefined ? `${python} has no pyarrow; set PYTHON to one that has` : false;

function hexOf(bytes: Uint8Array, count: number, validity?: Uint8Array): Records {
  const item = bytes.byteLength / count;
  return Array.from({ length: count }, (_, at) =>
    validity?.[at] === 0
      ? null
      : Buffer.from(bytes.buffer, bytes.byteOffset + at * item, item).toString("hex"),
  );
}

async function readColumns(path: string): Promise<{ [column: string]: (string | null)[] }> {
  await using reader = await ParquetReader.open(path);
  const names = ["timestamp", "sequence", ...reader.stream.columns.map(({ name }) => name)];
  const read = Object.fromEntries(names.map((name) => [name, [] as (string | null)[]]));
  for await (const { count, timestampsNs, sequences, columns } of reader.rowGroups()) {
    const index = [timestampsNs, sequences].map((values) => ({
      bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    }));
    for (const [at, column] of [...index, ...columns].entries())
      read[names[at]!]!.push(
        ...hexOf(column.bytes, count, "validity" in column ? column.validity : undefined),
      );
  }
  return read;
}

/** The same each time, so that a failure can be run again. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function damage(bytes: Uint8Array, round: number, random: (below: number) => number): Uint8Array {
  const end = bytes.byteLength;
  const footer = Math.min(new DataView(bytes.buffer, bytes.byteOffset).getUint32(end - 8, true), end - 12);
  const inFooter = (): number => end - 8 - 1 - random(footer);
  switch (round % 5) {
    case 0:
      return bytes.slice(0, random(end));
    case 1:
      for (let flips = 1 + random(4); flips > 0; flips--) bytes[random(end)]! ^= 1 << random(8);
      return bytes;
    case 2:
      for (let flips = 1 + random(3); flips > 0; flips--) bytes[inFooter()]! ^= 1 << random(8);
      return bytes;
    case 3:
      bytes[inFooter()] = random(256);
      return bytes;
    default: {
      // The longest varints there are: sizes and counts of up to four thousand million.
      const at = end - 8 - footer + random(Math.max(1, footer - 5));
      for (let byte = 0; byte < 4; byte++) bytes[at + byte] = 0x80 | random(128);
      bytes[at + 4] = random(16);
      return bytes;
    }
  }
}

/** "refused" when it says by name and with the path what is wrong. */
async function outcomeOf(path: string, what: string): Promise<"inspected" | "refused"> {
  const memory = process.memoryUsage.rss();
  let outcome: "inspected" | "refused" = "inspected";
  for (const look of [inspectParquet, readColumns])
    try {
      await look(path);
    } catch (error) {
      assert.ok(error instanceof DaqError, `${what}: ${error instanceof Error ? error.stack : error}`);
      assert.ok(error.message.includes(path), `${what}: ${error.message}`);
      if (look === inspectParquet) outcome = "refused";
    }
  assert.ok(process.memoryUsage.rss() - memory < 400 << 20, `${what} took much memory`);
  return outcome;
}

/** How many of the damaged files were refused, and how many there were. */
async function damageAll(paths: readonly string[], rounds: number): Promise<readonly [number, number]> {
  const random = randomFrom(2026);
  const damaged = join(folder, "damaged.parquet");
  let refused = 0;
  for (const path of paths) {
    const whole = new Uint8Array(readFileSync(path));
    for (let round = 0; round < rounds; round++) {
      writeFileSync(damaged, damage(Uint8Array.from(whole), round, random));
      if ((await outcomeOf(damaged, `${basename(path)}, round ${round}`)) === "refused") refused++;
    }
  }
  return [refused, paths.length * rounds];
}

describe("Parquet files of other programs", { skip }, () => {
  test("with the columns of a recording, they are read to the bit: all encodings, codecs and versions of pages", async () => {
    let read = 0;
    for (const [path, table] of Object.entries(written!.files)) {
      if (table === null) continue;
      assert.deepEqual(await readColumns(path), written!.columns[table], basename(path));
      read++;
    }
    assert.ok(read >= 34, `${read} files`);
  });

  test("of any types, they are inspected: what is not plain numbers is left out, and named", async () => {
    for (const [path, table] of Object.entries(written!.files)) {
      const { streams, notes } = await inspectParquet(path);
      const records = table === null ? 3 : written!.columns[table]!.sequence!.length;
      assert.equal(streams[0]!.records, records, basename(path));
      const leftOut = ["money", "text", "deep.list.element.list.element", "struct.x"];
      if (table === null)
        for (const name of leftOut)
          assert.ok(
            notes.some((note) => note.includes(`"${name}"`)),
            name,
          );
      if (table === null)
        assert.ok(
          streams[0]!.schema.columns.some(({ name, dtype }) => name === "switch" && dtype === "bool"),
        );
    }
  });

  test("damaged in a thousand ways, they are read, or refused by name and with their path, in bounded memory", async () => {
    const [refused, all] = await damageAll(Object.keys(written!.files), 20);
    assert.ok(all > 700 && refused > all / 4 && refused < all, `${refused} of ${all} were refused`);
  });
});

describe("the files of apache/parquet-testing", {
  skip: testData === undefined ? "set PARQUET_TEST_DATA to a checkout of apache/parquet-testing" : false,
}, () => {
  const paths =
    testData === undefined
      ? []
      : readdirSync(testData, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && /\.parquet(\.encrypted)?$/.test(entry.name))
          .map(({ parentPath, name }) => join(parentPath, name));

  test("they are inspected, or refused by name: encrypted, damaged, or without a column of plain numbers", async () => {
    let inspected = 0;
    for (const path of paths) if ((await outcomeOf(path, path)) === "inspected") inspected++;
    assert.ok(inspected > paths.length / 2, `${inspected} of ${paths.length}`);
  });

  test("damaged, they are read, or refused by name and with their path", async () => {
    const small = paths.filter((path) => readFileSync(path).byteLength < 1 << 20);
    const [refused, all] = await damageAll(small, 30);
    assert.ok(refused > 0 && refused < all, `${refused} of ${all} were refused`);
  });
});
