import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { describe, test } from "node:test";
import { loadConfig } from "../../src/config/load-config.ts";
import { parseDocumentLine } from "../../src/documents/document-line.ts";
import { DocumentOrder } from "../../src/documents/document-order.ts";
import { configuredDevices } from "../../src/experiment/configured-devices.ts";
import { openInterruptedRun } from "../../src/experiment/interrupted/interrupted-run.ts";
import { placeOf, setAside } from "../../src/experiment/interrupted/set-aside.ts";
import { takeUpRecording } from "../../src/experiment/interrupted/take-up-recording.ts";
import { readJournal } from "../../src/recorder/journal-lines.ts";
import { journalPath } from "../../src/recorder/recorder-options.ts";
import { points, ScanFolder } from "./resumed-scan.ts";

/** A scan of HDF5 files that was killed after this many events, and is complete as far as it came. */
async function killedScan(events: number, use: (folder: ScanFolder) => Promise<void>): Promise<void> {
  const folder = new ScanFolder(["hdf5"]);
  try {
    await folder.killAt(events, { withRecorder: true });
    await (await openInterruptedRun(folder.index, () => {}))[Symbol.asyncDispose]();
    await use(folder);
  } finally {
    folder.remove();
  }
}

async function assertGoesOn(folder: ScanFolder): Promise<void> {
  const { code, error } = await folder.resume();
  assert.equal(code, 0, error);
  const order = new DocumentOrder();
  const numbers: number[] = [];
  for (const [at, line] of readFileSync(folder.documents, "utf8").trimEnd().split("\n").entries()) {
    const { name, doc } = parseDocumentLine(line, `line ${at + 1}`);
    order.accept(name, doc);
    if (name === "event") numbers.push(doc.seq_num);
  }
  assert.ok(order.complete);
  const expected = Array.from({ length: points }, (_, at) => at + 1);
  assert.deepEqual(numbers, expected);
  assert.deepEqual((await folder.values())["hdf5 primary seq_num"]?.map(Number), expected);
}

describe("taking up a scan under bad conditions", () => {
  test("has all documents, also where their file was cut off in the middle", () =>
    killedScan(20, async (folder) => {
      const lines = readFileSync(folder.documents, "utf8").trimEnd().split("\n");
      writeFileSync(folder.documents, `${lines.slice(0, -7).join("\n")}\n${lines.at(-7)!.slice(0, 40)}`);
      await assertGoesOn(folder);
    }));

  test("the names of a run whose only record was set aside are not given to another run", () =>
    killedScan(12, async (folder) => {
      await setAside(await placeOf(folder.index));
      const other = await folder.run();
      assert.equal(other.code, 1);
      assert.match(other.error, /scan\.interrupted has the only record of a run with these names/);
      await assertGoesOn(folder);
    }));

  test("what is marked as taken up is in the new files, however seldom these are written", () =>
    killedScan(20, async (folder) => {
      const flags = { "storage.flush_interval_ms": "3600000" };
      const path = folder.index.replace("scan.run.json", "plan.toml");
      const { config } = await loadConfig({ path, env: {}, flags });
      await using run = await openInterruptedRun(folder.index, () => {});
      const parts = {
        config,
        devices: await configuredDevices(config.devices),
        hooks: {},
        giveUp: new AbortController().signal,
        stopUploads: new AbortController().signal,
      };
      const numbers = new Map([["primary", 15]]);
      const recording = await takeUpRecording(run, numbers, new AbortController().signal, parts);
      const [output] = (await readJournal(journalPath(folder.index)))!.last!.outputs;
      await recording.finish();
      assert.deepEqual(output!.stored, { cam: 15, primary: 15 });
    }));

  test("a rehearsal of it is refused, and nothing is moved", () =>
    killedScan(5, async (folder) => {
      const { code, error } = await folder.run("--resume", folder.index, "--dry-run");
      assert.equal(code, 2);
      assert.match(error, /--dry-run prints all steps of a plan; it knows nothing of a run to --resume/);
      const { indexPath } = await placeOf(folder.index);
      assert.equal(basename(dirname(indexPath)), basename(folder.path));
    }));
});
