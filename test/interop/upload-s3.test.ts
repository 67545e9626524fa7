import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { jsonLines, spawnDaq as spawnProgram, until } from "../../src/cli/captured-terminal.test.ts";
import { readRunIndex } from "../../src/recorder/run-index.ts";
import { type FaultyProxy, startFaultyProxy } from "./faulty-proxy.ts";
import type { LoopbackServer } from "./loopback-server.ts";
import { makeBucket } from "./make-bucket.ts";
import { s3rverEnvironment, startS3rver, withoutS3rver } from "./s3rver-server.ts";
import { hashesIn, objectsBelow, withoutBoto3, withoutMarker } from "./stored-objects.ts";
import { startSwift, swiftEnvironment, withoutSwift } from "./swift-server.ts";

/** The process that `daq record` has started for the upload. */
function uploaderOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  const found = children.find((child) =>
    readFileSync(`/proc/${child}/cmdline`, "utf8").includes("upload-main"),
  );
  assert.ok(found !== undefined, "there is an uploader");
  return Number(found);
}

/** A real S3 server where Debian's Swift is installed, else a small one in Node. */
const withoutServer = withoutSwift === undefined ? undefined : withoutS3rver;
const skip = withoutServer ?? (await withoutBoto3()) ?? false;

describe("runs to S3, through a network that fails", { skip, concurrency: 1 }, () => {
  const root = mkdtempSync(join(tmpdir(), "daq-upload-s3-"));
  let server: LoopbackServer;
  let proxy: FaultyProxy;

  before(async () => {
    const isSwift = withoutSwift === undefined;
    server = isSwift ? await startSwift() : await startS3rver(join(root, "server"), "data");
    const environment = isSwift ? swiftEnvironment : s3rverEnvironment;
    Object.assign(process.env, environment(server.port), { AWS_REGION: "us-east-1" });
    if (isSwift) await makeBucket("data");
    proxy = await startFaultyProxy(server.port);
    Object.assign(process.env, environment(proxy.port));
  });
  after(async () => {
    await proxy.close();
    await server.stop();
    rmSync(root, { recursive: true, force: true });
  });

  /** A folder of its own to start `daq` in; the network is whole again. */
  function place(t: TestContext): string {
    proxy.faultOf = () => undefined;
    proxy.isUp = true;
    proxy.faults = 0;
    const folder = mkdtempSync(join(root, "place-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  /** Past the proxy. */
  const objects = (prefix: string) => objectsBelow(server.port, prefix);

  function record(folder: string, args: readonly string[], extra: readonly string[] = []) {
    const sets = extra.flatMap((each) => ["--set", each]);
    return spawnProgram(["record", "--json", "--set", "storage.keep_spool=true", ...sets, ...args], {
      cwd: folder,
    });
  }

  test("a run goes to the store while it goes on, and every byte is what the spool has", async (t) => {
    const folder = place(t);
    const { code, out, error } = await record(folder, [
      "--duration",
      "3s",
      "-o",
      "s3://data/plain/{experiment}_v{version}.{ext}",
    ]).done;
    assert.equal(code, 0, error);
    const there = await objects("plain");
    assert.deepEqual(withoutMarker(there), hashesIn(join(folder, "spool/s3/data/plain")));
    assert.equal(Object.keys(there).length, 6);
    const finished = jsonLines(out).at(-1)!;
    assert.equal((finished.upload as { objects: number }).objects, 5);
  });

  test("runs of one name from two machines take two versions", async (t) => {
    const folders = [place(t), place(t)];
    const runs = folders.map((folder) =>
      record(folder, [
        "--duration",
        "1s",
        "--format",
        "csv",
        "--set",
        "devices.camera0.format=arrow",
        "-o",
        "s3://data/twice/x_v{version}.{ext}",
      ]),
    );
    for (const { done } of runs) {
      const { code, error } = await done;
      assert.equal(code, 0, error);
    }
    const here = Object.assign({}, ...folders.map((folder) => hashesIn(join(folder, "spool/s3/data/twice"))));
    assert.deepEqual(withoutMarker(await objects("twice")), here);
    assert.ok(
      here["x_v1.run.json"] !== undefined && here["x_v2.run.json"] !== undefined,
      Object.keys(here).join(),
    );
  });

  test("connections that break, stall, answer 503 or lose the answer cost nothing but time", async (t) => {
    const folder = place(t);
    let connections = 0;
    proxy.faultOf = () => {
      switch (connections++ % 6) {
        case 0:
          return { kind: "break", afterRequestBytes: 20_000 };
        case 1:
          return { kind: "lose answer" };
        case 2:
          return { kind: "busy" };
        case 3:
          return connections > 12 ? undefined : { kind: "stall", afterRequestBytes: 500 };
        default:
          return undefined;
      }
    };
    const args = ["--duration", "4s", "-o", "s3://data/faults/x_v{version}.{ext}"];
    const { code, out, error } = await record(folder, args, ["storage.upload_timeout_ms=60000"]).done;
    assert.equal(code, 0, error);
    assert.ok(proxy.faults >= 5, `${proxy.faults} faults`);
    const finished = jsonLines(out).at(-1) as {
      index: { outputs: { ledger: { accounts: { lost: number }[] } }[] };
    };
    for (const { ledger } of finished.index.outputs)
      for (const account of ledger.accounts) assert.equal(account.lost, 0);
    const here = hashesIn(join(folder, "spool/s3/data/faults"));
    assert.deepEqual(withoutMarker(await objects("faults")), here);
  });

  test("without a network the run is complete in its spool, exit code 4, and daq upload brings it later", async (t) => {
    const folder = place(t);
    proxy.isUp = false;
    const args = [
      "record",
      "--duration",
      "1s",
      "-o",
      "s3://data/later/x_v{version}.arrow",
      "--set",
      "storage.upload_timeout_ms=2000",
    ];
    const { code, error, out } = await spawnProgram(args, { cwd: folder }).done;
    assert.equal(code, 4, error);
    assert.match(out, /produced (\d+) = stored \1 \+ lost 0/);
    const [, command] = /Go on with: daq (upload \S+)/.exec(error) ?? [];
    assert.ok(command !== undefined, error);
    const here = hashesIn(join(folder, "spool/s3/data/later"));
    assert.equal(Object.keys(here).length, 3);
    proxy.isUp = true;
    const uploaded = await spawnProgram(command.split(" "), { cwd: folder }).done;
    assert.equal(uploaded.code, 0, uploaded.error);
    assert.deepEqual(withoutMarker(await objects("later")), here);
    assert.ok(!existsSync(join(folder, "spool/s3")), "the spool was deleted after the proof");
  });

  test("a network that fails in the middle and comes back is not noticed at the end", async (t) => {
    const folder = place(t);
    const running = record(folder, ["--duration", "6s", "-o", "s3://data/gap/x_v{version}.arrow"]);
    await until(() => running.captured.out.includes('"started"'), "the start");
    proxy.isUp = false;
    await setTimeout(7500);
    assert.equal(running.child.exitCode, null, "it waits for the network");
    proxy.isUp = true;
    const { code, error } = await running.done;
    assert.equal(code, 0, error);
    assert.deepEqual(withoutMarker(await objects("gap")), hashesIn(join(folder, "spool/s3/data/gap")));
  });

  test("when the acquisition is killed, its uploader still brings the whole run", async (t) => {
    const folder = place(t);
    const running = record(folder, ["-o", "s3://data/orphan/x_v{version}.arrow"]);
    await until(() => running.captured.out.includes('"progress"'), "the first progress");
    await setTimeout(1500);
    running.child.kill("SIGKILL");
    await running.done;
    const spool = join(folder, "spool/s3/data/orphan");
    const journal = join(spool, "x_v1.upload.jsonl");
    await until(() => readFileSync(journal, "utf8").includes('"complete":true'), "the upload");
    assert.equal((await readRunIndex(join(spool, "x_v1.run.json"))).end, "producer-died");
    assert.deepEqual(withoutMarker(await objects("orphan")), hashesIn(spool));
  });

  test("an uploader that is killed is started again, and sends what is not proven", async (t) => {
    const folder = place(t);
    const running = record(folder, ["--duration", "6s", "-o", "s3://data/restarted/x_v{version}.zarr"]);
    const journal = join(folder, "spool/s3/data/restarted/x_v1.upload.jsonl");
    const proven = (): number =>
      existsSync(journal) ? readFileSync(journal, "utf8").split("proven").length - 1 : 0;
    await until(() => proven() > 0, "the first proven object");
    process.kill(uploaderOf(running.child.pid!), "SIGKILL");
    const { code, error } = await running.done;
    assert.equal(code, 0, error);
    assert.deepEqual(
      withoutMarker(await objects("restarted")),
      hashesIn(join(folder, "spool/s3/data/restarted")),
    );
  });

  test("when acquisition and recorder are killed, recover and upload bring all of it", async (t) => {
    const folder = place(t);
    const running = spawnProgram(["record", "--json", "-o", "s3://data/both/x_v{version}.arrow"], {
      cwd: folder,
    });
    await until(() => running.captured.out.includes('"progress"'), "the first progress");
    await setTimeout(1500);
    const started = jsonLines(running.captured.out.slice(0, running.captured.out.lastIndexOf("\n"))).find(
      ({ event }) => event === "started",
    )!;
    const uploader = uploaderOf(running.child.pid!);
    running.child.kill("SIGKILL");
    process.kill(started.recorderPid as number, "SIGKILL");
    await running.done;
    await until(() => !existsSync(`/proc/${uploader}`), "the uploader to leave the run alone");
    const early = await spawnProgram(["upload", "spool/s3/data/both/x_v1.upload.jsonl"], { cwd: folder })
      .done;
    assert.equal(early.code, 1);
    assert.match(early.error, /this run is not finished.*\n.*daq recover /);
    const recovered = await spawnProgram(["recover", "spool/s3/data/both/x_v1.journal.jsonl"], {
      cwd: folder,
    }).done;
    assert.equal(recovered.code, 0, recovered.error);
    const here = hashesIn(join(folder, "spool/s3/data/both"));
    const uploaded = await spawnProgram(["upload", "spool"], { cwd: folder }).done;
    assert.equal(uploaded.code, 0, uploaded.error);
    assert.deepEqual(withoutMarker(await objects("both")), here);
    assert.ok(!existsSync(join(folder, "spool/s3")));
  });

  test("Ctrl-C while only the upload is waited for ends it at once, and all is in the spool", async (t) => {
    const folder = place(t);
    const running = record(folder, ["--duration", "1s", "-o", "s3://data/stopped/x_v{version}.arrow"]);
    await until(() => running.captured.out.includes('"started"'), "the start");
    proxy.isUp = false;
    await until(() => running.captured.out.includes('"uploading"'), "the end of the run");
    const startMs = performance.now();
    running.child.kill("SIGINT");
    const { code, error } = await running.done;
    assert.equal(code, 4, error);
    assert.ok(performance.now() - startMs < 5000);
    assert.match(error, /Nothing is lost/);
    assert.ok(existsSync(join(folder, "spool/s3/data/stopped/x_v1.run.json")));
  });

  test("killed twenty times at random moments, an upload goes on: every object equal, none missing", async (t) => {
    const folder = place(t);
    const zarr = join(folder, "x.zarr");
    mkdirSync(join(zarr, "c"), { recursive: true });
    writeFileSync(join(zarr, "zarr.json"), "{}");
    for (let chunk = 0; chunk < 300; chunk++)
      writeFileSync(join(zarr, `c/${chunk}`), Buffer.alloc(40_000 + chunk, `chunk ${chunk} `));
    writeFileSync(join(zarr, "c/large"), Buffer.alloc(20 << 20, "large one, which goes in parts "));
    const expected = hashesIn(folder);
    const args = ["upload", zarr, "s3://data/killed", "--delete-local"];
    const journal = `${zarr}.upload.jsonl`;
    const journalBytes = (): number => (existsSync(journal) ? statSync(journal).size : 0);
    let kills = 0;
    while (kills < 20 && existsSync(zarr)) {
      const before = journalBytes();
      const { child, done } = spawnProgram(args, { cwd: folder });
      const isOver = (): boolean => child.exitCode !== null;
      // Somewhere in the work, not in the start of the program.
      await until(() => isOver() || journalBytes() > before, "the journal to grow");
      await Promise.race([done, setTimeout(Math.random() * 120)]);
      if (isOver()) break;
      child.kill("SIGKILL");
      await done;
      kills++;
    }
    if (journalBytes() > 0) {
      const last = await spawnProgram(["upload", journal, "--delete-local"], { cwd: folder }).done;
      assert.equal(last.code, 0, last.error);
    }
    assert.ok(kills >= 3, `${kills} kills`);
    assert.deepEqual(withoutMarker(await objects("killed")), expected);
    assert.deepEqual(readdirSync(folder), []);
  });
});
