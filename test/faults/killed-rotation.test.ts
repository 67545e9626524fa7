import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isFormatName, loadFormat } from "../../src/formats/registry.ts";
import { recover } from "../../src/recorder/recover-run.ts";
import { type RunIndex, readRunIndex } from "../../src/recorder/run-index.ts";
import { isAlive } from "../../src/ring/process-identity.ts";

/** `DAQ_KILLS=100` for a long look. */
const kills = Number(process.env.DAQ_KILLS ?? 4);
const daq = resolve(import.meta.dirname, "../../bin/daq.js");

const args = [
  "--set",
  "devices.camera0.format=parquet",
  "--set",
  "devices.camera0.width=32",
  "--set",
  "devices.camera0.height=24",
  "--set",
  "devices.camera0.drop_every=11",
  "--set",
  "devices.camera0.rate_hz=300",
  "--set",
  "devices.power0.rate_hz=1000",
  "--set",
  "storage.rotate_mb=0.01",
  "--set",
  "storage.flush_interval_ms=40",
];

type Started = { readonly indexPath: string; readonly ringPath: string; readonly recorderPid: number };

async function start(folder: string) {
  const out = join(folder, "run.{ext}");
  const child = spawn(
    process.execPath,
    [daq, "record", "--json", "--format", "parquet,csv,arrow", "--output", out, ...args],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let text = "";
  const started = await new Promise<Started>((done, fail) => {
    child.once("close", () => fail(new Error(`it ended:\n${text}`)));
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      const line = text.split("\n").find((said) => said.startsWith('{"event":"started"'));
      if (line !== undefined) done(JSON.parse(line) as Started);
    });
  });
  return { child, started };
}

/** Every part is complete, and together they hold what the run's ledger says, in order. Returns the parts. */
async function checkParts(indexPath: string, { outputs }: RunIndex): Promise<number> {
  let parts = 0;
  for (const { format: name, files, ledger } of outputs) {
    assert.ok(isFormatName(name));
    const format = await loadFormat(name);
    for (const { stream, produced, stored, lost } of ledger.accounts) {
      const sum = { produced: 0, stored: 0, lost: 0 };
      let next = -1n;
      const own = files.filter(({ streams }) => streams.includes(stream));
      for (const { path: file } of own) {
        const path = join(dirname(indexPath), file);
        const summary = await format.inspect(path);
        assert.equal(summary.state, "complete", path);
        assert.deepEqual(summary.notes, [], path);
        const account = summary.ledger!.accounts.find((found) => found.stream === stream)!;
        let records = 0;
        for await (const { count, sequences } of format.read(path, stream)) {
          for (const sequence of sequences) {
            assert.ok(sequence > next, `${path}: ${sequence} comes behind ${next}`);
            next = sequence;
          }
          records += count;
        }
        assert.equal(records, account.stored, path);
        assert.ok(next < sum.produced + account.produced, path);
        sum.produced += account.produced;
        sum.stored += account.stored;
        sum.lost += account.lost;
      }
      assert.deepEqual(sum, { produced, stored, lost }, `${name} ${stream}`);
      parts = Math.max(parts, own.length);
    }
  }
  return parts;
}

test(`a run in parts whose processes are killed at ${kills} moments comes back whole, with exact accounts`, async () => {
  let most = 0;
  for (let round = 0; round < kills; round++) {
    const folder = mkdtempSync(join(tmpdir(), "daq-rotation-"));
    try {
      const { child, started } = await start(folder);
      await sleep(300 + Math.random() * 900);
      process.kill(started.recorderPid, "SIGKILL");
      // Every second time the acquisition lives on, starts another recorder, and is stopped in good order.
      if (round % 2 === 0) {
        child.kill("SIGKILL");
        await once(child, "close");
        while (isAlive({ pid: started.recorderPid, startTicks: 0 })) await sleep(10);
        const recovery = await recover(started.indexPath);
        assert.equal(recovery.kind, "run");
      } else {
        await sleep(400);
        child.kill("SIGINT");
        await once(child, "close");
      }
      const index = await readRunIndex(started.indexPath);
      most = Math.max(most, await checkParts(started.indexPath, index));
      const named = new Set(index.outputs.flatMap(({ files }) => files.map(({ path }) => path)));
      const left = readdirSync(folder).filter((name) => !named.has(name) && name !== "run.run.json");
      assert.deepEqual(left, []);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  assert.ok(most > 3, `${most} parts at most: the run was not long enough to tell anything`);
});
