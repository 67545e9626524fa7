import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { type RunIndex, writeRunIndex } from "../../recorder/run-index.ts";
import { ledgerOf, sampleRun } from "../../testing/format-contract/sample-streams.ts";
import { findIndex } from "./find-index.ts";
import { markTakenUp, placeOf, putBack, setAside } from "./set-aside.ts";

const names = ["scan.h5", "scan.zarr", "scan.documents.jsonl"];

async function inFolder(use: (indexPath: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "daq-aside-"));
  try {
    await writeRun(folder, "the first part");
    await use(join(folder, "scan.run.json"), folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeRun(folder: string, content: string, uid = sampleRun.uid): Promise<void> {
  await writeFile(join(folder, "scan.h5"), content);
  await mkdir(join(folder, "scan.zarr"));
  await writeFile(join(folder, "scan.zarr", "zarr.json"), content);
  await writeFile(join(folder, "scan.documents.jsonl"), content);
  const index: RunIndex = {
    daqRun: 1,
    end: "producer-died",
    endedAtNs: "1",
    run: { info: { ...sampleRun, uid }, streams: [] },
    outputs: ["scan.h5", "scan.zarr"].map((path) => ({
      format: "hdf5",
      files: [{ path, streams: [] }],
      ledger: ledgerOf([]),
    })),
    notes: [],
  };
  await writeRunIndex(join(folder, "scan.run.json"), index, false);
}

const textOf = (folder: string) => readFile(join(folder, "scan.zarr", "zarr.json"), "utf8");

test("all files of a run go into a folder beside them, and come back", () =>
  inFolder(async (indexPath, folder) => {
    const place = await placeOf(indexPath);
    assert.deepEqual(place, { indexPath, folder: join(folder, "scan.interrupted") });
    const aside = await setAside(place);
    assert.equal(aside, join(folder, "scan.interrupted", "scan.run.json"));
    assert.deepEqual(await readdir(folder), ["scan.interrupted"]);
    assert.deepEqual(await readdir(place.folder), [...names, "scan.run.json"].toSorted());
    await putBack(place);
    assert.deepEqual(await readdir(folder), [...names, "scan.run.json"].toSorted());
    assert.equal(await textOf(folder), "the first part");
  }));

test("a move that was cut short is gone on with", () =>
  inFolder(async (indexPath, folder) => {
    const place = await placeOf(indexPath);
    await mkdir(place.folder);
    await writeFile(join(place.folder, "scan.h5"), "moved");
    await rm(join(folder, "scan.h5"));
    const again = await placeOf(indexPath);
    assert.deepEqual(again, place);
    await setAside(again);
    assert.equal(await readFile(join(place.folder, "scan.h5"), "utf8"), "moved");
    assert.deepEqual(await readdir(folder), ["scan.interrupted"]);
  }));

test("a copy that was cut short is removed, and the record is what was set aside", () =>
  inFolder(async (indexPath, folder) => {
    const place = await placeOf(indexPath);
    const aside = await setAside(place);
    assert.deepEqual(await placeOf(indexPath), { indexPath: aside, folder: place.folder });
    await writeRun(folder, "a part of the copy");
    await writeFile(join(folder, "scan.notes.txt"), "mine");
    assert.deepEqual(await placeOf(indexPath), { indexPath: aside, folder: place.folder });
    assert.deepEqual(await readdir(folder), ["scan.interrupted", "scan.notes.txt"]);
    assert.equal(await textOf(place.folder), "the first part");
  }));

test("files of another run under these names are not touched", () =>
  inFolder(async (indexPath, folder) => {
    await setAside(await placeOf(indexPath));
    await writeRun(folder, "another run", "f".repeat(32));
    await placeOf(indexPath);
    assert.equal(await textOf(folder), "another run");
  }));

test("a run that was taken up and interrupted again goes into a second folder", () =>
  inFolder(async (indexPath, folder) => {
    const first = await placeOf(indexPath);
    await setAside(first);
    await writeRun(folder, "both parts");
    await markTakenUp(first.folder);
    const second = await placeOf(indexPath);
    assert.deepEqual(second, { indexPath, folder: join(folder, "scan.interrupted-2") });
    await setAside(second);
    await markTakenUp(second.folder);
    assert.equal((await placeOf(indexPath)).folder, join(folder, "scan.interrupted-3"));
    assert.equal(await textOf(first.folder), "the first part");
    assert.equal(await textOf(second.folder), "both parts");
  }));

test("a run is found by any of its files, by where they were, and by where they are", () =>
  inFolder(async (indexPath, folder) => {
    const data = join(folder, "scan.zarr");
    for (const path of [indexPath, data, join(folder, "scan.journal.jsonl")])
      assert.equal(await findIndex(path), indexPath);
    const aside = await setAside(await placeOf(indexPath));
    for (const path of [data, aside]) assert.equal(await findIndex(path), indexPath, basename(path));
    await assert.rejects(findIndex(join(folder, "other.h5")), { code: "path", message: /no such file/ });
    await writeFile(join(folder, "stray.h5"), "");
    await assert.rejects(findIndex(join(folder, "stray.h5")), { code: "path", message: /belongs to no run/ });
  }));
