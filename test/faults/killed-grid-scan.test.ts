import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { spawnDaq } from "../../src/cli/captured-terminal.test.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { parseDocumentLine } from "../../src/documents/document-line.ts";
import { DocumentOrder } from "../../src/documents/document-order.ts";
import { configuredDevices } from "../../src/experiment/configured-devices.ts";
import { openInterruptedRun } from "../../src/experiment/interrupted/interrupted-run.ts";
import { takeUpRecording } from "../../src/experiment/interrupted/take-up-recording.ts";
import { readRunIndex } from "../../src/recorder/run-index.ts";
import { points, ScanFolder } from "./resumed-scan.ts";

const formats = ["hdf5", "zarr", "arrow", "parquet", "csv"];

describe("a grid scan that is killed", () => {
  const whole = new ScanFolder(formats);
  let expected: Awaited<ReturnType<ScanFolder["values"]>> = {};

  before(async () => {
    const { code, error } = await whole.run();
    assert.equal(code, 0, error);
    expected = await whole.values();
  });
  after(() => whole.remove());

  async function assertWhole(folder: ScanFolder): Promise<void> {
    assert.deepEqual(await folder.values(), expected);
    const [before, now] = [await readRunIndex(whole.index), await readRunIndex(folder.index)];
    for (const [at, { ledger }] of now.outputs.entries())
      assert.deepEqual(ledger, before.outputs[at]!.ledger);
    const order = new DocumentOrder();
    const numbers: number[] = [];
    for (const [at, line] of readFileSync(folder.documents, "utf8").trimEnd().split("\n").entries()) {
      const { name, doc } = parseDocumentLine(line, `line ${at + 1}`);
      order.accept(name, doc);
      if (name === "event") numbers.push(doc.seq_num);
    }
    assert.ok(order.complete);
    assert.deepEqual(
      numbers,
      Array.from({ length: points }, (_, at) => at + 1),
    );
  }

  for (const withRecorder of [false, true])
    test(`goes on where it was, and every file is as if nothing had happened${withRecorder ? "; its recorder was killed, too" : ""}`, async () => {
      const folder = new ScanFolder(formats);
      try {
        await folder.killAt(23, { withRecorder });
        const { code, out, error } = await folder.resume();
        assert.equal(code, 0, error);
        const [, number] = /goes on after event (\d+) of primary/.exec(error) ?? [];
        assert.ok(Number(number) >= 15 && Number(number) < points, `it went on after ${number}: ${out}`);
        await assertWhole(folder);
        const { uid, experiment } = (await readRunIndex(folder.index)).run.info;
        const aside = await readRunIndex(join(folder.path, "scan.interrupted", "scan.run.json"));
        assert.equal(aside.run.info.uid, uid);
        assert.equal((experiment.resumed as { length: number }).length, 1);
      } finally {
        folder.remove();
      }
    });

  test("twice, the second time while it is taken up, still becomes whole", async () => {
    const folder = new ScanFolder(formats);
    try {
      await folder.killAt(12, { withRecorder: true });
      await folder.killAt(40, { withRecorder: true, more: ["--resume", folder.index] });
      const { code, error } = await folder.resume();
      assert.equal(code, 0, error);
      await assertWhole(folder);
    } finally {
      folder.remove();
    }
  });

  test("is refused with another plan or other devices, and is left as it was", async () => {
    const folder = new ScanFolder(formats);
    try {
      await folder.killAt(12, { withRecorder: true });
      folder.plan(9);
      const otherPlan = await folder.resume();
      assert.equal(otherPlan.code, 2);
      assert.match(otherPlan.error, /cannot be taken up again with this plan: its plan_args/);
      folder.plan(10);
      const otherDevices = await folder.run("--resume", folder.index, "--set", "devices.cam.width=25");
      assert.equal(otherDevices.code, 2);
      assert.match(
        otherDevices.error,
        /stream cam has other columns now than were recorded|cam is not what it was/,
      );
      assert.ok(!existsSync(join(folder.path, "scan.interrupted")));
      const { code, error } = await folder.resume();
      assert.equal(code, 0, error);
      await assertWhole(folder);
      const again = await folder.resume();
      assert.equal(again.code, 2);
      assert.match(again.error, /is over: it ended with success/);
    } finally {
      folder.remove();
    }
  });

  test("has its files as they were when it is not wanted to go on while they are copied", async () => {
    const folder = new ScanFolder(formats);
    try {
      await folder.killAt(20, { withRecorder: true });
      await using run = await openInterruptedRun(folder.index, () => {});
      const other = await folder.resume();
      assert.equal(other.code, 1);
      assert.match(other.error, /Another process is writing the files/);
      const before = readdirSync(folder.path);
      const { config } = await loadConfig({ path: join(folder.path, "plan.toml"), env: {}, flags: {} });
      const parts = {
        config,
        devices: await configuredDevices(config.devices),
        hooks: {},
        giveUp: new AbortController().signal,
        stopUploads: new AbortController().signal,
      };
      const ended = AbortSignal.abort(new Error("ended while it was copied"));
      await assert.rejects(
        takeUpRecording(run, new Map([["primary", 10]]), ended, parts),
        /ended while it was copied/,
      );
      assert.deepEqual(readdirSync(folder.path), before);
      await run[Symbol.asyncDispose]();
      const { code, error } = await folder.resume();
      assert.equal(code, 0, error);
      await assertWhole(folder);
    } finally {
      folder.remove();
    }
  });

  test("is said to be missing where there is none, and a script has nothing to take up", async () => {
    const none = await whole.run("--resume", join(whole.path, "nothing.run.json"));
    assert.equal(none.code, 1);
    assert.match(none.error, /nothing\.run\.json: no such file/);
    const script = await spawnDaq(["run", "scan.rhai", "--resume", whole.index]).done;
    assert.equal(script.code, 2);
    assert.match(script.error, /--resume is for plans/);
  });
});
