import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspectDataFile } from "../../src/cli/inspect/inspect-data-file.ts";
import { recover } from "../../src/recorder/recover-run.ts";
import { CounterRun, problemIn } from "./counter-run.ts";

/** A small file system of its own; undefined where this user may not mount one. */
function smallDisk(mebibytes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "daq-small-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", folder], { stdio: "ignore" });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

test("a full disk ends the run with one message; the files read, and after making room the ring's rest is added", async (context) => {
  const disk = smallDisk(12);
  if (disk === undefined) return context.skip("mounting a small tmpfs needs root");
  const run = new CounterRun({
    formats: ["arrow", "csv", "hdf5", "parquet", "zarr"],
    ringMb: 64,
    rowsPerTick: 4000,
    outputFolder: disk,
  });
  try {
    const code = await run.exited;
    assert.equal(code, 1, run.stderr);
    assert.equal(run.stderr.match(/The disk is full/g)?.length, 1, `one message: ${run.stderr}`);
    const before = await run.outputs();
    for (const { format, account, rows } of before) {
      assert.equal(problemIn(account, rows), undefined, format);
      assert.ok(
        account.ranges.length === 1 && account.ranges[0]!.reason === "disk-full",
        `${format}: the rest counts as lost to the full disk`,
      );
    }
    assert.ok(existsSync(run.ringPath), "the ring keeps the rest");
    const inspected = await inspectDataFile(join(disk, "run.arrow"));
    assert.equal(inspected.state, "unfinished", "a whole file of a run that failed");
    assert.match(
      inspected.advice.join(),
      /daq recover .*run\.journal\.jsonl` adds what the ring still holds/,
    );

    execFileSync("mount", ["-o", "remount,size=200m", disk]);
    const recovery = await recover(run.indexPath);
    assert.equal(recovery.kind, "run");
    for (const { format, account, rows } of await run.outputs()) {
      assert.equal(problemIn(account, rows), undefined, format);
      assert.equal(account.lost, 0, `${format}: nothing is missing any more`);
      assert.equal(account.produced, before[0]!.account.produced);
    }
    assert.equal(existsSync(run.ringPath), false);
  } finally {
    execFileSync("umount", ["--lazy", disk]);
    rmSync(disk, { recursive: true, force: true });
    if (existsSync(run.ringPath)) rmSync(run.ringPath);
    run.remove();
  }
});

test("recover on a disk that is still full leaves what was readable readable, and finishes when there is room", async (context) => {
  const disk = smallDisk(12);
  if (disk === undefined) return context.skip("mounting a small tmpfs needs root");
  const run = new CounterRun({
    formats: ["arrow", "csv", "hdf5", "parquet", "zarr"],
    ringMb: 64,
    rowsPerTick: 4000,
    outputFolder: disk,
  });
  try {
    assert.equal(await run.exited, 1, run.stderr);
    const before = await run.outputs();
    const { bavail, bsize } = statfsSync(disk);
    const filler = join(disk, "filler");
    writeFileSync(filler, new Uint8Array(Math.max(0, bavail * bsize - (200 << 10))));
    for (let attempt = 0; attempt < 2; attempt++) {
      const recovery = await recover(run.indexPath);
      assert.ok(recovery.kind === "run" && recovery.failure?.code === "disk-full");
      for (const [index, { format, account, rows }] of (await run.outputs()).entries()) {
        assert.equal(problemIn(account, rows), undefined, format);
        assert.ok(account.stored >= before[index]!.account.stored, `${format}: less than before`);
        assert.equal(account.produced, before[0]!.account.produced, format);
      }
    }
    rmSync(filler);
    execFileSync("mount", ["-o", "remount,size=200m", disk]);
    const recovery = await recover(run.indexPath);
    assert.ok(recovery.kind === "run" && recovery.failure === undefined);
    for (const { format, account, rows } of await run.outputs()) {
      assert.equal(problemIn(account, rows), undefined, format);
      assert.equal(account.lost, 0, format);
    }
  } finally {
    execFileSync("umount", ["--lazy", disk]);
    rmSync(disk, { recursive: true, force: true });
    if (existsSync(run.ringPath)) rmSync(run.ringPath);
    run.remove();
  }
});
