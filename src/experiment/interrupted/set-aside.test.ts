import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { type RunIndex, writeRunIndex } from "../../recorder/run-index.ts";
import { onlyRecordOf } from "../../run/set-aside-folders.ts";
import { ledgerOf, sampleRun } from "../../testing/format-contract/sample-streams.ts";
import { findIndex } from "./find-index.ts";
import { markTakenUp, placeOf, putBack, setAside, tidyPlace } from "./set-aside.ts";

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

/** As a crash between two renames leaves it. */
async function cutShort(indexPath: string, folder: string): Promise<void> {
  await mkdir(join(folder, "scan.interrupted"));
  await rename(join(folder, "scan.zarr"), join(folder, "scan.interrupted", "scan.zarr"));
  await writeFile(join(folder, "scan.interrupted", "notes.txt"), "mine");
  assert.deepEqual(await placeOf(indexPath), { indexPath, folder: join(folder, "scan.interrupted") });
}

test("a move that was cut short is undone, in whichever direction it went", () =>
  inFolder(async (indexPath, folder) => {
    await cutShort(indexPath, folder);
    const place = await placeOf(indexPath);
    await tidyPlace(indexPath, place);
    assert.equal(await textOf(folder), "the first part");
    assert.deepEqual(await readdir(place.folder), ["notes.txt"]);
    await setAside(place);
    assert.equal(await textOf(place.folder), "the first part");
    // Back again, up to the first file.
    await rename(join(place.folder, "scan.run.json"), indexPath);
    await rename(join(place.folder, "scan.h5"), join(folder, "scan.h5"));
    await tidyPlace(indexPath, await placeOf(indexPath));
    assert.deepEqual(await readdir(folder), [...names, "scan.interrupted", "scan.run.json"].toSorted());
    assert.equal(await textOf(folder), "the first part");
  }));

test("a copy that was cut short is removed, and the record is what was set aside", () =>
  inFolder(async (indexPath, folder) => {
    const place = await placeOf(indexPath);
    const aside = await setAside(place);
    assert.deepEqual(await placeOf(indexPath), { indexPath: aside, folder: place.folder });
    await writeRun(folder, "a part of the copy");
    await writeFile(join(folder, "scan.notes.txt"), "mine");
    const found = await placeOf(indexPath);
    assert.deepEqual(found, { indexPath: aside, folder: place.folder });
    // Who looks while somebody else takes the run up must not remove what that one writes.
    assert.equal(await textOf(folder), "a part of the copy");
    await tidyPlace(indexPath, found);
    assert.deepEqual(await readdir(folder), ["scan.interrupted", "scan.notes.txt"]);
    assert.equal(await textOf(place.folder), "the first part");
  }));

test("another run that got the names of one that was set aside is not mistaken for it, nor touched", () =>
  inFolder(async (indexPath, folder) => {
    const { folder: aside } = await placeOf(indexPath);
    await setAside({ indexPath, folder: aside });
    await writeRun(folder, "another run", "f".repeat(32));
    await assert.rejects(placeOf(indexPath), { code: "path", message: /another run with its names/ });
    assert.equal(await textOf(folder), "another run");
    assert.equal(await textOf(aside), "the first part");
  }));

test("what has the only record of a run keeps its names taken, until all of it is copied", () =>
  inFolder(async (indexPath) => {
    assert.equal(await onlyRecordOf(indexPath), undefined);
    const place = await placeOf(indexPath);
    await setAside(place);
    assert.equal(await onlyRecordOf(indexPath), place.folder);
    await markTakenUp(place.folder);
    assert.equal(await onlyRecordOf(indexPath), undefined);
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
    const link = join(folder, "latest.run.json");
    await symlink("scan.run.json", link);
    for (const path of [
      indexPath,
      data,
      join(folder, "scan.journal.jsonl"),
      join(folder, "scan.documents.jsonl"),
      link,
    ])
      assert.equal(await findIndex(path), indexPath);
    await rm(link);
    const aside = await setAside(await placeOf(indexPath));
    const own = dirname(aside);
    for (const path of [data, aside, own, join(own, "scan.zarr"), join(own, "scan.documents.jsonl")])
      assert.equal(await findIndex(path), indexPath, path);
    await assert.rejects(findIndex(join(folder, "other.h5")), { code: "path", message: /no such file/ });
    await writeFile(join(folder, "stray.h5"), "");
    await assert.rejects(findIndex(join(folder, "stray.h5")), { code: "path", message: /belongs to no run/ });
  }));
