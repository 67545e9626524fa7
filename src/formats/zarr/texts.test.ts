import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { targetIn, temporaryFolder } from "../../testing/format-contract/recording.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import { ledgerOf, logbook } from "../../testing/format-contract/sample-streams.ts";
import { valuesOf } from "../../testing/format-contract/stream-values.ts";
import { zarrFormat } from "./format.ts";
import { readZarr } from "./read-batches.ts";

const records = 20;
const plain = { compression: "none", durability: "process", chunkRows: 20 } as const;
const versions = { 2: { zarrFormat: 2 }, 3: { shardChunks: 1 } } as const;

/** A finished run whose chunks are files without compression. */
async function recorded(folder: string, version: 2 | 3): Promise<string> {
  const target = targetIn(folder, zarrFormat, [logbook], { ...plain, zarr: versions[version] });
  const writer = await zarrFormat.create(target);
  await writer.append(new SampleBatches(logbook).next(records));
  await writer.close(ledgerOf([{ schema: logbook, stored: records, ranges: [] }]));
  return target.path;
}

async function read(path: string): Promise<void> {
  const batches = [];
  for await (const batch of readZarr(path, logbook.name)) batches.push(batch);
  const expected = valuesOf([new SampleBatches(logbook).next(records)]);
  assert.deepEqual(valuesOf(batches).get(logbook.name), expected.get(logbook.name));
}

function attributesOf(path: string, array: string, version: 2 | 3): Record<string, unknown> {
  const file = join(path, array, version === 2 ? ".zattrs" : "zarr.json");
  const found = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  return version === 2 ? found : (found.attributes as Record<string, unknown>);
}

function change(path: string, name: string, from: string, to: string): void {
  const file = join(path, name);
  const text = readFileSync(file, "utf8");
  assert.ok(text.includes(from), `${name} has no ${from}: ${text}`);
  writeFileSync(file, text.replace(from, to));
}

const damagedHint = { code: "format", hint: /Restore it from a copy/ } as const;

for (const version of [2, 3] as const)
  describe(`version ${version}`, () => {
    const [array, chunk] = version === 2 ? [".zarray", "0"] : ["zarr.json", "c/0"];
    const attributes = version === 2 ? ".zattrs" : "zarr.json";

    test("the metadata says what other programs look for, and how long texts may be", async () => {
      await using folder = await temporaryFolder();
      const path = await recorded(folder.path, version);
      await read(path);
      const texts = JSON.parse(readFileSync(join(path, "comment", array), "utf8"));
      const bools = JSON.parse(readFileSync(join(path, "interlock", array), "utf8"));
      assert.equal(attributesOf(path, "comment", version).max_bytes, 60);
      if (version === 2) {
        assert.deepEqual([texts.dtype, texts.filters, texts.fill_value], ["|O", [{ id: "vlen-utf8" }], null]);
        assert.deepEqual([bools.dtype, bools.filters, bools.fill_value], ["|b1", null, null]);
      } else {
        assert.deepEqual(
          [texts.data_type, texts.codecs, texts.fill_value],
          ["string", [{ name: "vlen-utf8" }], ""],
        );
        assert.deepEqual(
          [bools.data_type, bools.codecs, bools.fill_value],
          ["bool", [{ name: "bytes" }], false],
        );
      }
    });

    test("bytes below a missing value do not get into the files", async () => {
      await using folder = await temporaryFolder();
      const path = await recorded(folder.path, version);
      const bytes = readFileSync(join(path, "comment", chunk));
      const validity = readFileSync(join(path, "comment_valid", chunk));
      assert.equal(bytes.readUInt32LE(0), records);
      let at = 4;
      for (let record = 0; record < records; record++) {
        const length = bytes.readUInt32LE(at);
        if (validity[record] === 0) assert.equal(length, 0, `record ${record}`);
        at += 4 + length;
      }
      assert.equal(at, bytes.byteLength);
      for (const [record, value] of readFileSync(join(path, "interlock", chunk)).entries())
        assert.ok(value <= 1, `record ${record}`);
    });

    test("a text that is not UTF-8 or has a NUL, and a bool that is neither, are damage with their record", async () => {
      await using folder = await temporaryFolder();
      const path = await recorded(folder.path, version);
      const texts = join(path, "mode", chunk);
      const whole = readFileSync(texts);
      const at = whole.indexOf("NaN");
      assert.ok(at > 0);
      for (const byte of [0xff, 0]) {
        const bytes = Buffer.from(whole);
        bytes[at] = byte;
        writeFileSync(texts, bytes);
        await assert.rejects(read(path), {
          ...damagedHint,
          message: /mode: record \d+ is no text: it is not UTF-8, or has a NUL/,
        });
      }
      writeFileSync(texts, whole);
      await read(path);
      const bools = join(path, "shutter open", chunk);
      const values = readFileSync(bools);
      values[7] = 2;
      writeFileSync(bools, values);
      await assert.rejects(read(path), {
        ...damagedHint,
        message: /shutter open: record 7 is neither 0 nor 1/,
      });
    });

    test("a chunk with another count of texts, or cut off, is damage with the name of its object", async () => {
      await using folder = await temporaryFolder();
      const path = await recorded(folder.path, version);
      const file = join(path, "mode", chunk);
      const bytes = readFileSync(file);
      bytes.writeUInt32LE(records + 1, 0);
      writeFileSync(file, bytes);
      await assert.rejects(read(path), {
        code: "format",
        message: /mode\/.*0 is damaged.*it has 21 texts, where 20 belong/,
      });
      writeFileSync(file, bytes.subarray(0, 30));
      bytes.writeUInt32LE(records, 0);
      writeFileSync(file, bytes.subarray(0, 30));
      await assert.rejects(read(path), { code: "format", message: /mode\/.*0 is damaged.*end within text/ });
    });

    test("metadata that does not say how long texts are, or says something else than the run, is refused", async () => {
      await using folder = await temporaryFolder();
      const path = await recorded(folder.path, version);
      const wrong: readonly (readonly [to: string, message: RegExp])[] = [
        [
          '"max_bytes": 30',
          /comment holds string of up to 30 bytes in each record, where string of up to 60/,
        ],
        ['"max_bytes": 65536', /it does not say how many bytes its texts have at most \(65536\)/],
        ['"max_bytes": 0', /it does not say how many bytes its texts have at most \(0\)/],
        ['"max_bytes": 1.5', /it does not say how many bytes its texts have at most \(1\.5\)/],
        ['"max_bytes": "60"', /its texts have no attribute "max_bytes"/],
        ['"max_bytez": 60', /its texts have no attribute "max_bytes"/],
      ];
      const from = /"max_bytes":\s*60/.exec(readFileSync(join(path, "comment", attributes), "utf8"))![0];
      let last = from;
      for (const [to, message] of wrong) {
        change(path, `comment/${attributes}`, last, to);
        last = to;
        await assert.rejects(read(path), { code: "format", message });
      }
      change(path, `comment/${attributes}`, last, from);
      await read(path);
    });

    test("texts under another codec, and bools said to be integers, are refused", async () => {
      await using folder = await temporaryFolder();
      const path = await recorded(folder.path, version);
      change(path, `mode/${array}`, "vlen-utf8", "vlen-bytes");
      await assert.rejects(read(path), {
        code: "format",
        message: version === 2 ? /its objects are not texts/ : /not vlen-utf8, as texts have/,
      });
      change(path, `mode/${array}`, "vlen-bytes", "vlen-utf8");
      if (version === 2) change(path, `interlock/${array}`, '"|b1"', '"|u1"');
      else {
        change(path, `interlock/${array}`, '"bool"', '"uint8"');
        change(path, `interlock/${array}`, "false", "0");
      }
      await assert.rejects(read(path), {
        ...damagedHint,
        message: /interlock holds uint8 in each record, where bool was recorded/,
      });
    });
  });

test("the room that is kept free holds a chunk of short texts with all their lengths", async () => {
  await using folder = await temporaryFolder();
  const rows = 500_000;
  const short: StreamSchema = {
    ...logbook,
    columns: [{ name: "flag", dtype: "string", maxBytes: 1, shape: [], dims: [] }],
  };
  await mkdir(join(folder.path, "short"));
  const target = targetIn(join(folder.path, "short"), zarrFormat, [short], {
    ...plain,
    chunkRows: rows,
    zarr: { shardChunks: 1 },
  });
  const writer = await zarrFormat.create(target);
  // Time and sequence, 8 bytes each, and the texts with 4 + 1.
  assert.ok(statSync(join(target.path, ".room")).size >= rows * (8 + 8 + 4 + 1));
  await writer.close(ledgerOf([{ schema: short, stored: 0, ranges: [] }]));
});
