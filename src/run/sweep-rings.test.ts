import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { RingReader } from "../ring/ring-reader.ts";
import { RingWriter } from "../ring/ring-writer.ts";
import { sweepRings } from "./sweep-rings.ts";

const later = () => Date.now() + 61_000;

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "daq-sweep-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A ring whose producer has ended without closing it; `work` is done to it before. Returns its path. */
function abandonedRing(folder: string, digit: string, work = ""): string {
  const runUid = digit.repeat(32);
  const path = join(folder, `daq-${runUid.slice(0, 16)}`);
  const source = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
  const program = `
    import { RingWriter } from ${source("../ring/ring-writer.ts")};
    import { RingReader } from ${source("../ring/ring-reader.ts")};
    const path = ${JSON.stringify(path)};
    const ring = RingWriter.create(path, { sizeBytes: 65536, runUid: "${runUid}" });
    const schema = { name: "a", kind: "table", source: "test", clock: "system",
      columns: [{ name: "n", dtype: "uint8", shape: [], dims: [] }] };
    const stream = ring.openStream(schema);
    ${work}
    process.kill(process.pid, "SIGKILL");`;
  const { signal, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program]);
  assert.equal(signal, "SIGKILL", stderr.toString());
  assert.ok(existsSync(path));
  return path;
}

test("a ring that was left before its recorder came is removed, once it is old enough", (t) => {
  const folder = temporaryFolder(t);
  const path = abandonedRing(folder, "1");
  assert.deepEqual(sweepRings(folder), [], "not in its first minute");
  const [swept, ...others] = sweepRings(folder, later());
  assert.equal(swept?.path, path);
  assert.ok(swept.bytes > 65_536);
  assert.deepEqual(others, []);
  assert.ok(!existsSync(path));
  assert.deepEqual(sweepRings(folder, later()), []);
});

test("a ring is left alone that holds a record, in which a recorder had its place, or that has another's name", (t) => {
  const folder = temporaryFolder(t);
  const left = [
    abandonedRing(folder, "2", "stream.write({ count: 1, timestampNs: 1n, columns: [new Uint8Array(1)] });"),
    abandonedRing(folder, "3", "stream.reserve(1);"),
    abandonedRing(folder, "4", 'RingReader.attach(path, { name: "recorder", durable: true });'),
    abandonedRing(folder, "5", 'RingReader.attach(path, { name: "recorder", durable: true }).close();'),
    join(folder, "daq-mine"),
    join(folder, `daq-${"f".repeat(16)}`),
    join(folder, `daq-${"0".repeat(16)}`),
    join(folder, `daq-${"e".repeat(16)}`),
  ];
  renameSync(abandonedRing(folder, "6"), left[4]!);
  renameSync(abandonedRing(folder, "7"), left[5]!);
  writeFileSync(left[6]!, "what somebody else keeps here");
  writeFileSync(left[7]!, Buffer.alloc(400_000)); // As a ring is in the moment in which it is made.
  assert.deepEqual(sweepRings(folder, later()), []);
  for (const path of left) assert.ok(existsSync(path), path);
});

test("the ring of a run that died with everything stored is removed, and only when its index says so", (t) => {
  const folder = temporaryFolder(t);
  const indexPath = join(folder, "run.run.json");
  const record = `ring.noteIndex(${JSON.stringify(indexPath)});
    const recorder = RingReader.attach(path, { name: "recorder", durable: true });
    stream.write({ count: 1, timestampNs: 1n, columns: [new Uint8Array(1)] });`;
  const path = abandonedRing(folder, "a", record);
  const index = (uid: string, end = "closed") =>
    writeFileSync(indexPath, JSON.stringify({ daqRun: 1, end, run: { info: { uid } }, outputs: [] }));
  const stays = (why: string) => {
    assert.deepEqual(sweepRings(folder, later()), [], why);
    assert.ok(existsSync(path), why);
  };
  stays("there is no index");
  index("b".repeat(32));
  stays("the index is of another run");
  index("a".repeat(32), "failed");
  stays("not everything is stored");
  index("a".repeat(32));
  writeFileSync(join(folder, "run.journal.jsonl"), "");
  stays("there is a journal: recover has work to do");
  rmSync(join(folder, "run.journal.jsonl"));
  assert.deepEqual(sweepRings(folder), [], "not in its first minute");
  const [swept] = sweepRings(folder, later());
  assert.deepEqual([swept?.path, swept?.was], [path, "stored"]);
  assert.ok(!existsSync(path));

  const two = `${record} RingReader.attach(path, { name: "second", durable: true });`;
  const shared = abandonedRing(folder, "c", two);
  index("c".repeat(32));
  assert.deepEqual(sweepRings(folder, later()), [], "another recorder may still need it");
  assert.ok(existsSync(shared));
});

test("the ring of a run that goes on is left alone, also one with a tap and no recorder yet", (t) => {
  const folder = temporaryFolder(t);
  const runUid = "8".repeat(32);
  const ring = RingWriter.create(join(folder, `daq-${runUid.slice(0, 16)}`), { sizeBytes: 65_536, runUid });
  assert.deepEqual(sweepRings(folder, later()), []);
  const path = abandonedRing(folder, "9");
  const tap = RingReader.attach(path, { name: "tap", durable: false });
  assert.deepEqual(sweepRings(folder, later()), []);
  tap.close();
  assert.deepEqual(
    sweepRings(folder, later()).map((swept) => swept.path),
    [path],
  );
  ring.remove();
});

test("a folder that is not there has no rings", () => {
  assert.deepEqual(sweepRings("/nowhere/at/all"), []);
});
