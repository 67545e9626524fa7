import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { appendFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { DaqError } from "../model/errors.ts";
import { tryLock } from "../ring/posix.ts";
import { LocalStore } from "../stores/local/local-store.ts";
import { FaultyStore } from "./faulty-store.test.ts";
import { removeLocal } from "./remove-local.ts";
import { Upload, type UploadOptions, type UploadRun, UploadUnfinished } from "./upload.ts";
import type { UploadRoot } from "./upload-source.ts";

const over = AbortSignal.abort();
const never = new AbortController().signal;

type Place = { readonly run: string; readonly target: string; readonly store: FaultyStore };

function place(t: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), "daq-upload-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const target = join(folder, "bucket/lab");
  return { run: join(folder, "spool"), target, store: new FaultyStore(new LocalStore(target)) };
}

async function write(folder: string, key: string, content: string | Uint8Array): Promise<void> {
  const path = join(folder, key);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}

/** A small Zarr folder, a data file and an index. */
async function makeRun(folder: string, chunks = 5): Promise<void> {
  for (let chunk = 0; chunk < chunks; chunk++)
    await write(folder, `scan.zarr/frames/c/${chunk}/0`, `chunk ${chunk}`);
  await write(folder, "scan.zarr/frames/.tail", "not yet a chunk");
  await write(folder, "scan.zarr/frames/zarr.json", `{"shape":[${chunks}]}`);
  await write(folder, "scan.zarr/zarr.json", `{"consolidated":[${chunks}]}`);
  await write(folder, "scan.arrow", "rows");
  await write(folder, "scan.run.json", "{}");
}

const roots: readonly UploadRoot[] = [
  { name: "scan.zarr", required: true },
  { name: "scan.arrow", required: true },
  { name: "scan.power0.arrow.losses.csv", required: false },
  { name: "scan.run.json", required: true, last: true },
];

async function open({ run, store }: Place, options: Partial<UploadOptions> = {}): Promise<Upload> {
  await mkdir(run, { recursive: true });
  return Upload.open({
    source: { folder: run, stem: "scan", runUid: "ab", roots },
    store,
    tryLock,
    url: store.url,
    patienceMs: 2000,
    ...options,
  });
}

async function uploadAll(
  at: Place,
  options: Partial<UploadOptions> = {},
  run: Partial<UploadRun> = {},
): Promise<Awaited<ReturnType<Upload["run"]>>> {
  const upload = await open(at, options);
  try {
    return await upload.run({ ended: over, stop: never, ...run });
  } finally {
    await upload.close();
  }
}

async function contentOf(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => statSync(join(folder, name)).isFile()).sort();
  const hash = (name: string): string =>
    createHash("sha256")
      .update(readFileSync(join(folder, name)))
      .digest("hex");
  return Object.fromEntries(files.map((name) => [name, hash(name)]));
}

/** Every file of the run is at the target with its bytes; nothing else is there but the marker. */
async function assertEqualThere({ run, target }: Place): Promise<void> {
  const [here, there] = [await contentOf(run), await contentOf(target)];
  for (const name of Object.keys(here))
    if (name.includes("/.tail") || name.endsWith(".upload.jsonl")) delete here[name];
  delete there["scan.upload.json"];
  assert.ok(Object.keys(here).length > 0);
  assert.deepEqual(there, here);
}

test("brings a whole run, chunks before the metadata that names them, the index last", async (t) => {
  const at = place(t);
  await makeRun(at.run, 30);
  const summary = await uploadAll(at);
  await assertEqualThere(at);
  assert.equal(summary.objects, 34);
  assert.equal(summary.sentObjects, 34);
  const order = at.store.written;
  assert.equal(order[0], "scan.upload.json");
  assert.deepEqual(order.slice(-4), [
    "scan.zarr/frames/zarr.json",
    "scan.zarr/zarr.json",
    "scan.run.json",
    "scan.upload.json",
  ]);
  const marker = JSON.parse(await readFile(join(at.target, "scan.upload.json"), "utf8"));
  assert.equal(marker.complete, true);
  assert.equal(marker.objects, 34);
});

test("sends nothing a second time that is proven, and sends anew what changed", async (t) => {
  const at = place(t);
  await makeRun(at.run);
  await uploadAll(at);
  at.store.written.length = 0;
  assert.equal((await uploadAll(at)).sentObjects, 0);
  assert.deepEqual(at.store.written, []);
  utimesSync(join(at.run, "scan.arrow"), 1, 1); // Touched: the content is the same.
  await write(at.run, "scan.zarr/frames/c/1/0", "CHUNK 1"); // As long as before.
  assert.equal((await uploadAll(at)).sentObjects, 1);
  assert.deepEqual(at.store.written, ["scan.zarr/frames/c/1/0", "scan.upload.json"]);
  await assertEqualThere(at);
});

test("a store that refuses, loses answers and stalls now and then gets everything in the end", async (t) => {
  const at = place(t);
  await makeRun(at.run, 60);
  let calls = 0;
  at.store.faultOf = () => (["refuse", "lose answer", undefined, "stall"] as const)[calls++ % 11];
  await uploadAll(at, { patienceMs: 1000 });
  await assertEqualThere(at);
  assert.ok(calls > 64, `${calls} writes`);
});

test("what comes out different is sent again, and is an error when it stays so; nothing is deleted then", async (t) => {
  const at = place(t);
  await makeRun(at.run);
  let corruptions = 1;
  at.store.faultOf = (key) => (key.endsWith("c/2/0") && corruptions-- > 0 ? "corrupt" : undefined);
  await uploadAll(at);
  await assertEqualThere(at);

  await write(at.run, "scan.arrow", "other rows");
  at.store.faultOf = (key) => (key === "scan.arrow" ? "corrupt" : undefined);
  const upload = await open(at);
  await assert.rejects(upload.run({ ended: over, stop: never }), (error: unknown) => {
    assert.ok(error instanceof UploadUnfinished);
    assert.match(error.message, /scan\.arrow is not what was sent/);
    assert.match(error.hint ?? "", /Nothing was deleted here.*daq upload /);
    return true;
  });
  await assert.rejects(removeLocal(at.run, roots, upload.journal), /is not the file that was uploaded/);
  await upload.close();
  assert.equal(await readFile(join(at.run, "scan.arrow"), "utf8"), "other rows");
});

test("a checksum of the store that is not ours is an error, whatever the store says of success", async (t) => {
  const at = place(t);
  await makeRun(at.run);
  at.store.checksum = async (key) =>
    key === "scan.arrow" ? { algorithm: "crc32c", hex: "00000000" } : undefined;
  await assert.rejects(
    uploadAll(at),
    /scan\.arrow is not what was sent: the store computed the crc32c 00000000/,
  );
  assert.ok(existsSync(join(at.run, "scan.arrow")));
});

test("believes a store's checksum that is ours, without reading back", async (t) => {
  const at = place(t);
  await makeRun(at.run);
  at.store.checksum = async (key) => {
    const content = await readFile(join(at.target, key));
    return { algorithm: "md5", hex: createHash("md5").update(content).digest("hex") };
  };
  at.store.getRange = () => Promise.reject(new Error("must not be read back"));
  await uploadAll(at);
  await assertEqualThere(at);
});

test("large files go in parts, with no more than 32 MiB in memory", async (t) => {
  const at = place(t);
  await makeRun(at.run);
  const large = Buffer.alloc((20 << 20) + 12_345, "0123456789abcdef!");
  for (let chunk = 0; chunk < 8; chunk++) {
    large[large.byteLength - 1 - chunk]! ^= 0xff;
    await write(at.run, `scan.zarr/frames/c/${chunk}/0`, large);
  }
  let refusals = 3;
  at.store.faultOf = (key) => (key.endsWith(" part") && refusals-- > 0 ? "refuse" : undefined);
  await uploadAll(at);
  await assertEqualThere(at);
  assert.ok(at.store.mostBorrowedBytes > 8 << 20, "several parts at once");
  assert.ok(at.store.mostBorrowedBytes <= 32 << 20, `${at.store.mostBorrowedBytes} bytes at once`);
});

test("gives up when nothing gets through, says what is where, and goes on from there", async (t) => {
  const at = place(t);
  await makeRun(at.run);
  at.store.faultOf = (key) => (key.includes("c/3") ? "refuse" : undefined);
  const startMs = performance.now();
  await assert.rejects(uploadAll(at, { patienceMs: 700 }), (error: unknown) => {
    assert.ok(error instanceof UploadUnfinished);
    assert.match(
      error.message,
      /5 of 9 objects are proven there: nothing got through for 1 s \(.*503 Slow Down/,
    );
    assert.match(error.hint ?? "", /Nothing is lost.*daq upload .*scan\.upload\.jsonl/);
    return true;
  });
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs >= 700 && tookMs < 5000, `${tookMs} ms`);
  at.store.faultOf = () => undefined;
  assert.equal((await uploadAll(at)).sentObjects, 4);
  await assertEqualThere(at);
});

test("a stop ends the waiting at once", async (t) => {
  const at = place(t);
  await makeRun(at.run);
  at.store.faultOf = () => "stall";
  const stop = new AbortController();
  const startMs = performance.now();
  void setTimeout(100).then(() => stop.abort());
  await assert.rejects(uploadAll(at, { patienceMs: 60_000 }, { stop: stop.signal }), /it was stopped/);
  assert.ok(performance.now() - startMs < 2000);
});

test("an object that is not ours is never overwritten", async (t) => {
  const at = place(t);
  await makeRun(at.run);
  await write(at.target, "scan.arrow", "somebody's");
  await assert.rejects(uploadAll(at), (error: unknown) => {
    assert.ok(error instanceof DaqError && error.code === "path");
    assert.match(error.message, /scan\.arrow exists already; objects are never overwritten/);
    return true;
  });
  assert.equal(await readFile(join(at.target, "scan.arrow"), "utf8"), "somebody's");
  assert.ok(!existsSync(join(at.target, "scan.upload.json")), "the marker was taken back");
  await rm(join(at.target, "scan.arrow"));
  await uploadAll(at);
  await assertEqualThere(at);
});

test("of two runs that want the same names one gets them, and the other says whose they are", async (t) => {
  const at = place(t);
  const other = { ...at, run: `${at.run}-2` };
  await makeRun(at.run);
  await makeRun(other.run);
  await write(other.run, "scan.arrow", "other rows");
  const source = (run: string, runUid: string) => ({ source: { folder: run, stem: "scan", runUid, roots } });
  const results = await Promise.allSettled([
    uploadAll(at, source(at.run, "aa")),
    uploadAll(other, source(other.run, "bb")),
  ]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const rejected = results.find((result) => result.status === "rejected");
  assert.match(String(rejected?.reason), /scan\.upload\.json exists already, from another upload \(on /);
  await assertEqualThere(results[0]!.status === "fulfilled" ? at : other);
});

test("without its journal a run is compared with what it left there before, and replaces nothing", async (t) => {
  const at = place(t);
  await makeRun(at.run);
  await uploadAll(at);
  await rm(join(at.run, "scan.upload.jsonl"));
  at.store.written.length = 0;
  assert.equal((await uploadAll(at)).sentObjects, 0);
  assert.deepEqual(at.store.written, ["scan.upload.json"]);

  await rm(join(at.run, "scan.upload.jsonl"));
  await write(at.run, "scan.arrow", "ROWS");
  await assert.rejects(uploadAll(at), /scan\.arrow is of this run, and is not equal to the file here/);
  assert.equal(await readFile(join(at.target, "scan.arrow"), "utf8"), "rows");
});

test("an object that vanished at the target is sent again", async (t) => {
  const at = place(t);
  await makeRun(at.run);
  await uploadAll(at);
  await rm(join(at.target, "scan.zarr/frames/c/2/0"));
  assert.equal((await uploadAll(at)).sentObjects, 1);
  await assertEqualThere(at);
});

test("while the run goes on finished chunks are brought, and metadata never names more than is there", async (t) => {
  const at = place(t);
  const ended = new AbortController();
  const upload = await open(at, { source: { folder: at.run, stem: "scan", runUid: "ab", roots } });
  const running = upload.run({ ended: ended.signal, stop: never });
  let isOver = false;
  const watching = (async () => {
    let looks = 0;
    for (; !isOver; looks++) {
      const text = await readFile(join(at.target, "scan.zarr/frames/zarr.json"), "utf8").catch(
        () => undefined,
      );
      const shape = text === undefined ? 0 : (JSON.parse(text) as { shape: number[] }).shape[0]!;
      for (let chunk = 0; chunk < shape; chunk++)
        assert.ok(existsSync(join(at.target, `scan.zarr/frames/c/${chunk}/0`)), `chunk ${chunk} of ${shape}`);
      await setTimeout(5);
    }
    return looks;
  })();
  for (let chunk = 0; chunk < 90; chunk++) {
    await write(at.run, `scan.zarr/frames/c/${chunk}/0`, `chunk ${chunk}`);
    await write(at.run, "scan.zarr/frames/zarr.json", `{"shape":[${chunk + 1}]}`);
    await appendFile(join(at.run, "scan.arrow"), "row\n");
    await setTimeout(60);
  }
  assert.ok(existsSync(join(at.target, "scan.zarr/frames/c/10/0")), "chunks arrived while it went on");
  assert.ok(existsSync(join(at.target, "scan.zarr/frames/zarr.json")), "metadata as well");
  assert.ok(!existsSync(join(at.target, "scan.arrow")), "a single file only goes when it is whole");
  await write(at.run, "scan.zarr/zarr.json", "{}");
  await write(at.run, "scan.run.json", "{}");
  ended.abort();
  await running;
  isOver = true;
  assert.ok((await watching) > 100);
  await upload.close();
  await assertEqualThere(at);
});

test("deletes the local files only when each is the one that was proven, and goes on where it was killed", async (t) => {
  const at = place(t);
  const run = join(at.run, "s3/bucket/lab");
  const inSpool = { ...at, run };
  await makeRun(run);
  await rm(join(run, "scan.zarr/frames/.tail"));
  const upload = await open(inSpool, {
    source: { folder: run, stem: "scan", roots },
    spool: { depth: 3, keep: false },
  });
  await upload.run({ ended: over, stop: never });
  await write(run, "scan.arrow", "ROWS");
  await assert.rejects(
    removeLocal(run, roots, upload.journal),
    /scan\.arrow is not the file that was uploaded/,
  );
  assert.equal(Object.keys(await contentOf(run)).length, 10, "nothing was deleted");
  await upload.run({ ended: over, stop: never });
  // As a kill in the middle leaves it.
  await upload.journal.append({ removing: true });
  await rm(join(run, "scan.zarr/frames/c/1/0"));
  await upload.close();

  const again = await open(inSpool, { source: { folder: run, stem: "scan", roots } });
  assert.ok(again.journal.state.removing);
  assert.deepEqual((await removeLocal(run, roots, again.journal)).left, []);
  assert.ok(!existsSync(join(at.run, "s3")), "the spool's empty folders went too");
  assert.ok(existsSync(at.run));
  assert.equal(Object.keys(await contentOf(at.target)).length, 10);
});

test("a torn journal costs nothing but sending its last object again", async (t) => {
  const at = place(t);
  await makeRun(at.run);
  await uploadAll(at);
  const path = join(at.run, "scan.upload.jsonl");
  const text = await readFile(path);
  for (let cut = 0; cut < text.byteLength; cut += 97) {
    await writeFile(path, text.subarray(0, cut));
    await uploadAll(at);
    await assertEqualThere(at);
  }
});

test("two processes do not upload one run at once", async (t) => {
  const at = place(t);
  await makeRun(at.run);
  const upload = await open(at);
  await assert.rejects(open(at), /Another process is uploading/);
  await upload.close();
  await (await open(at)).close();
});

test("a run that is under way to one place is not sent to another before that is finished", async (t) => {
  const at = place(t);
  await makeRun(at.run);
  at.store.faultOf = (key) => (key === "scan.arrow" ? "refuse" : undefined);
  await assert.rejects(uploadAll(at, { patienceMs: 300 }), UploadUnfinished);
  await assert.rejects(
    uploadAll(at, { url: "/elsewhere" }),
    /to .*bucket\/lab is not finished; \/elsewhere was asked for/,
  );
  at.store.faultOf = () => undefined;
  await uploadAll(at);
  const elsewhere = { ...at, target: `${at.target}-2` };
  const store = new FaultyStore(new LocalStore(elsewhere.target));
  await uploadAll({ ...elsewhere, store }, { url: store.url });
  await assertEqualThere(elsewhere);
});
