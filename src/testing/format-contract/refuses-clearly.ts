import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join, resolve, sep } from "node:path";
import { test } from "node:test";
import type { Format, FormatOptions } from "../../formats/contract.ts";
import { DaqError } from "../../model/errors.ts";
import { appendAll, type ReadBack, readAll, targetIn, temporaryFolder } from "./recording.ts";
import { SampleBatches } from "./sample-batches.ts";
import { camera, everyType, gauges, ledgerOf, spectrum } from "./sample-streams.ts";

/** What a format cannot do it says at once, in words, and touches nothing. */
export function refusesClearly(format: Format, options: FormatOptions, readBack: ReadBack): void {
  const daqError = (code: string) => (error: unknown) => {
    assert.ok(error instanceof DaqError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  };

  test("refuses a path where a file exists, names it, and leaves it and its neighbours untouched", async () => {
    const streams = [everyType, gauges];
    const plan = format.plan(targetIn("/", format, streams, options).path, streams);
    for (const index of plan.keys()) {
      await using folder = await temporaryFolder();
      const target = targetIn(folder.path, format, streams, options);
      const { path } = format.plan(target.path, streams)[index]!;
      await writeFile(path, "somebody's only copy");
      await assert.rejects(format.create(target), (error) => {
        daqError("path")(error);
        assert.ok((error as DaqError).message.includes(path), (error as DaqError).message);
        return true;
      });
      assert.equal(await readFile(path, "utf8"), "somebody's only copy");
      assert.deepEqual(await readdir(folder.path), [path.slice(folder.path.length + 1)]);
    }
  });

  test("refuses a path where a folder exists, and leaves it untouched", async () => {
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, [gauges], options);
    await mkdir(target.path);
    await writeFile(join(target.path, "theirs"), "somebody's only copy");
    await assert.rejects(format.create(target), daqError("path"));
    assert.deepEqual(await readdir(target.path), ["theirs"]);
    assert.deepEqual(await readdir(folder.path), [basename(target.path)]);
  });

  test("accepts tables, and refuses a stream only with a sentence that names other formats", async () => {
    for (const stream of [everyType, gauges, spectrum]) assert.equal(format.refusal(stream), undefined);
    const refusal = format.refusal(camera);
    if (refusal === undefined) return;
    assert.match(refusal, /arrow/);
    assert.match(refusal, /\.$/);
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, [gauges, camera], options);
    await assert.rejects(format.create(target), daqError("format"));
    assert.deepEqual(await readdir(folder.path), []);
  });

  test("no stream name leads out of the output folder", async () => {
    for (const name of [
      "../outside",
      "/outside",
      "a/../../outside",
      "..",
      "a/b",
      "nul\0",
      "",
      "a\\..\\..\\b",
    ]) {
      await using outer = await temporaryFolder();
      const folder = join(outer.path, "inside");
      await mkdir(folder);
      const hostile = { ...gauges, name };
      const target = targetIn(folder, format, [everyType, hostile], options);
      try {
        for (const file of format.plan(target.path, target.run.streams))
          assert.ok(resolve(file.path).startsWith(folder + sep), file.path);
        await using writer = await format.create(target);
        await writer.append(new SampleBatches(hostile).next(2));
      } catch (error) {
        assert.ok(error instanceof DaqError, String(error));
      }
      assert.deepEqual(await readdir(outer.path), ["inside"]);
      for (const entry of await readdir(folder, { withFileTypes: true }))
        assert.ok(entry.isFile() || join(folder, entry.name) === target.path, entry.name);
    }
  });

  test("refuses a batch that is not what the schema says, and stores the next one", async () => {
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, [gauges], options);
    const writer = await format.create(target);
    const source = new SampleBatches(gauges);
    const batch = source.next(5);
    const first = batch.columns[0]!;
    const wrong = [
      { ...batch, columns: batch.columns.slice(1) },
      { ...batch, columns: [{ ...first, bytes: first.bytes.subarray(8) }, ...batch.columns.slice(1)] },
      { ...batch, columns: [{ ...first, validity: new Uint8Array(4) }, ...batch.columns.slice(1)] },
      { ...batch, sequences: batch.sequences.subarray(1) },
      { ...batch, stream: everyType },
    ];
    for (const bad of wrong) await assert.rejects(writer.append(bad), daqError("format"));
    const expected = await appendAll(writer, [batch]);
    await writer.close(ledgerOf([{ schema: gauges, stored: 5, ranges: [] }]));
    assert.deepEqual(await readAll(format, target, readBack), expected);
  });

  test("names a file that is missing or not of this format", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, `missing${format.extension(options)}`);
    await assert.rejects(format.inspect(path), daqError("path"));
    await assert.rejects(format.recover(path), daqError("path"));
    await writeFile(path, Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49));
    await assert.rejects(format.inspect(path), daqError("format"));
    await assert.rejects(format.recover(path), daqError("format"));
    assert.equal((await readFile(path)).length, 13);
  });

  test("gives its options: the default compression is one of its own, and each level is bounded", () => {
    assert.ok(format.compressions.includes(format.defaultCompression));
    for (const [codec, level] of Object.entries(format.maxCompressionLevel)) {
      assert.ok(format.compressions.includes(codec), codec);
      assert.ok(Number.isInteger(level) && level > 0);
    }
    assert.ok(format.extensions.includes(format.extension(options)));
    for (const extension of format.extensions) assert.match(extension, /^\.[a-z0-9.]+$/);
  });
}
