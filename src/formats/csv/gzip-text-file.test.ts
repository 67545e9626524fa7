import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { openFileSink } from "../../bytes/file-sink.ts";
import { DaqError } from "../../model/errors.ts";
import { SmallDisk } from "../../testing/format-contract/small-disk.ts";
import { GzipTextFile } from "./gzip-text-file.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "daq-csv-gzip-"));
});
after(() => rm(folder, { recursive: true }));

function text(seed: number, bytes: number): Buffer {
  let lines = "";
  for (let i = 0; lines.length < bytes; i++) lines += `${seed},${i},${Math.sin(seed + i)}\r\n`;
  return Buffer.from(lines);
}

test("the file is whole gzip behind every batch, whatever the size of its pieces", async () => {
  const path = join(folder, "pieces.csv.gz");
  const file = new GzipTextFile(await openFileSink(path), 4);
  const all: Buffer[] = [];
  for (const [seed, sizes] of [[10], [40_000, 5, 100_000], [20, 20], [200_000, 200_000, 1], [3]].entries()) {
    const pieces = sizes.map((bytes, index) => text(seed * 10 + index, bytes));
    all.push(...pieces);
    await file.append({ form: "text", pieces });
    if (seed === 2) await file.checkpoint(false);
    const stored = await readFile(path);
    assert.equal(stored.length, file.completeBytes);
    assert.ok(gunzipSync(stored).equals(Buffer.concat(all)));
  }
  await file.close();
});

test("small batches profit from the text before them", async () => {
  const path = join(folder, "small.csv.gz");
  const file = new GzipTextFile(await openFileSink(path), 4);
  for (let i = 0; i < 200; i++)
    await file.append({
      form: "text",
      pieces: [Buffer.from(`1764000000${i}000000000,${i},on,ready,nominal\r\n`)],
    });
  await file.close();
  const stored = await readFile(path);
  assert.ok(stored.length < gunzipSync(stored).length / 2, `${stored.length} bytes`);
});

test("goes on in the same file when there is room again after a full disk", async () => {
  const path = join(folder, "full.csv.gz");
  const disk = new SmallDisk(openFileSink);
  const file = new GzipTextFile(await disk.openSink(path), 4);
  const [first, refused, second] = [text(1, 50_000), text(2, 50_000), text(3, 50_000)];
  await file.append({ form: "text", pieces: [first] });
  disk.capacityBytes = file.completeBytes + 1000;
  await assert.rejects(
    file.append({ form: "text", pieces: [refused] }),
    (error) => error instanceof DaqError && error.code === "disk-full",
  );
  await file.repair();
  assert.ok(gunzipSync(await readFile(path)).equals(first), "cut back to what was complete");
  await assert.rejects(file.append({ form: "text", pieces: [refused] }), DaqError);
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  await file.append({ form: "text", pieces: [second] });
  await file.close();
  assert.ok(gunzipSync(await readFile(path)).equals(Buffer.concat([first, second])));
});

test("takes whole members between texts, is whole gzip behind each of them, and is cut back to what was complete", async () => {
  const path = join(folder, "members.csv.gz");
  const disk = new SmallDisk(openFileSink);
  const file = new GzipTextFile(await disk.openSink(path), 4);
  const all: Buffer[] = [];
  const append = async (form: "text" | "gzip-members", pieces: readonly Buffer[]) => {
    await file.append({ form, pieces: form === "text" ? pieces : pieces.map((piece) => gzipSync(piece)) });
    all.push(...pieces);
    const stored = await readFile(path);
    assert.equal(stored.length, file.completeBytes);
    assert.ok(gunzipSync(stored).equals(Buffer.concat(all)));
  };
  await append("text", [text(1, 2_000)]);
  await append("gzip-members", [text(2, 90_000), text(3, 90_000)]);
  await append("text", [text(4, 2_000)]);
  await append("text", [text(5, 2_000)]);
  disk.capacityBytes = file.completeBytes + 20_000;
  await assert.rejects(
    append("gzip-members", [text(6, 20_000), text(7, 90_000)]),
    (error) => error instanceof DaqError && error.code === "disk-full",
  );
  await file.repair();
  assert.ok(gunzipSync(await readFile(path)).equals(Buffer.concat(all)), "cut back to what was complete");
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  await append("gzip-members", [text(8, 50_000)]);
  await file.checkpoint(false);
  await append("gzip-members", [text(9, 50_000)]);
  await append("text", [text(10, 2_000)]);
  await file.close();
});
