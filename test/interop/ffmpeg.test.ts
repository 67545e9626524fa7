import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { DaqRecord } from "../system/daq-record.ts";
import { digestOf, readArrowColumns } from "./recorded-columns.ts";
import { readWithStockReaders, withoutLibrary } from "./stock-readers.ts";

const width = 320;
const height = 240;
const frames = 50;
const picture = [
  "-hide_banner",
  "-loglevel",
  "error",
  "-f",
  "lavfi",
  "-i",
  `testsrc2=size=${width}x${height}:rate=25`,
];
const output = ["-frames:v", `${frames}`, "-f", "rawvideo", "-pix_fmt", "gray"];

const isThere = spawnSync("ffmpeg", ["-version"], { stdio: "ignore" }).status === 0;

describe("ffmpeg's test picture through the command driver", {
  skip: isThere ? false : "ffmpeg is not installed",
}, () => {
  let folder: string;
  let alone: Buffer;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "daq-ffmpeg-"));
    const file = join(folder, "alone.gray");
    const made = spawnSync("ffmpeg", [...picture, ...output, file], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    assert.equal(made.status, 0);
    alone = readFileSync(file);
    assert.equal(alone.byteLength, frames * width * height);
    const distinct = new Set(Array.from({ length: frames }, (_, at) => hash(frameOf(alone, at))));
    assert.ok(distinct.size > frames / 2, "the picture moves, so frames out of order would show");
  });
  after(() => rm(folder, { recursive: true, force: true }));

  function frameOf(bytes: Uint8Array, at: number): Uint8Array {
    return bytes.subarray(at * width * height, (at + 1) * width * height);
  }

  function hash(bytes: Uint8Array): string {
    return createHash("sha256").update(bytes).digest("hex");
  }

  async function record(compression: string): Promise<string> {
    const config = join(folder, `${compression}.toml`);
    const path = join(folder, `${compression}.arrow`);
    const lines = [
      "[storage]",
      'format = "arrow"',
      `compression = "${compression}"`,
      `output_path = ${JSON.stringify(path)}`,
      "[[devices]]",
      'id = "picture"',
      'driver = "command"',
      `command = ${JSON.stringify(["ffmpeg", ...picture, ...output, "-"])}`,
      'encoding = "raw"',
      'dtype = "uint8"',
      `shape = [${height}, ${width}]`,
      "rate_hz = 25",
    ];
    writeFileSync(config, lines.join("\n"));
    const run = new DaqRecord([config]);
    assert.deepEqual(await run.ended, { code: 0, signal: null }, run.stderr);
    return path;
  }

  for (const compression of ["none", "lz4", "zstd"]) {
    test(`Arrow with compression ${compression} holds the bytes that ffmpeg writes by itself`, async (t) => {
      const path = await record(compression);
      const { frame, sequence } = await readArrowColumns(path);
      assert.equal(sequence!.validity.length, frames);
      assert.equal(frame!.bytes.byteLength, alone.byteLength);
      for (let at = 0; at < frames; at++)
        assert.equal(Buffer.compare(frameOf(frame!.bytes, at), frameOf(alone, at)), 0, `frame ${at}`);

      await t.test("and pyarrow sees the same frames", { skip: withoutLibrary("pyarrow") }, () => {
        const table = readWithStockReaders([path]).files[path]!["pyarrow-arrow"]!;
        assert.equal(table.error, undefined);
        assert.deepEqual(table.columns.frame!.shape, [height, width]);
        assert.equal(table.columns.frame!.sha256, digestOf(frame!).sha256);
      });
    });
  }
});
