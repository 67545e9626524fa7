import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { RingWriter } from "../ring/ring-writer.ts";
import { RecorderProcess } from "./recorder-process.ts";
import { recover } from "./recover-run.ts";
import { readRunIndex } from "./run-index.ts";

test("a recorder that does not answer at the end is left alone, and stores everything once it goes on", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "daq-stuck-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const uid = "5".repeat(32);
  const ring = RingWriter.create(join(folder, "ring"), { sizeBytes: 2 ** 20, runUid: uid });
  const software = { name: "test", version: "0" };
  ring.describeRun({ uid, startedAtNs: "0", experiment: {}, host: "here", software, devices: [] });
  const stream = ring.openStream({
    name: "counter",
    kind: "table",
    source: "test",
    clock: "system",
    rateHz: 1000,
    columns: [{ name: "n", dtype: "uint8", shape: [], dims: [] }],
  });
  const indexPath = join(folder, "it's one.run.json");
  const heard: number[] = [];
  const recorder = new RecorderProcess(
    {
      ringPath: ring.path,
      name: "recorder",
      indexPath,
      outputs: [
        {
          format: "csv",
          path: join(folder, "it's one.csv"),
          streams: ["counter"],
          options: { compression: "none", durability: "process" },
        },
      ],
      flushIntervalMs: 50,
      durability: "process",
    },
    { onSilence: (silentMs) => heard.push(silentMs) },
    { drainingMs: 5_000, abortedMs: 60_000, abortedInAllMs: 60_000 },
  );
  await recorder.ready;
  const pid = recorder.pid!;
  process.kill(pid, "SIGSTOP");
  await stream.write({ count: 100, timestampNs: 0n, columns: [new Uint8Array(100)] });
  ring.close();
  recorder.expectEnd();
  await assert.rejects(recorder.outcome, {
    code: "process",
    message: new RegExp(`process ${pid}\\) has not answered for \\d+ s and is left alone.*${ring.path}`),
    hint: new RegExp(`kill -9 ${pid}; daq recover '.*it'\\\\''s one.run.json'`),
  });
  assert.ok(heard.length > 0 && heard[0]! >= 3_000, "it was said before");
  await assert.rejects(recover(indexPath), { message: new RegExp(`Process ${pid} records`) });
  process.kill(pid, "SIGCONT");
  for (let tries = 0; tries < 500 && !existsSync(indexPath); tries++) await sleep(20);
  const [account] = (await readRunIndex(indexPath)).outputs[0]!.ledger.accounts;
  assert.equal(account?.stored, 100);
  assert.equal(account?.lost, 0);
});
