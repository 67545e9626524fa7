import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { toJson } from "../model/metadata.ts";
import { tryLock } from "../ring/posix.ts";
import { Journal } from "./journal.ts";
import { type CheckpointLine, type JournalHead, readJournal } from "./journal-lines.ts";
import { isStillAt, openLocked } from "./journal-lock.ts";
import { recover } from "./recover-run.ts";

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "daq-rewrite-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function headIn(folder: string): JournalHead {
  return {
    journal: 1,
    ringUid: "1".repeat(32),
    options: {
      ringPath: "/dev/shm/daq-nothing",
      name: "recorder",
      indexPath: join(folder, "run.run.json"),
      outputs: [
        {
          format: "csv",
          path: join(folder, "run.csv"),
          streams: ["a"],
          options: { compression: "none", durability: "process" },
        },
      ],
      flushIntervalMs: 100,
      durability: "process",
    },
    run: {
      info: {
        uid: "1".repeat(32),
        startedAtNs: "5",
        experiment: { name: "x", serial: 2n ** 62n },
        host: "h",
        software: { name: "s", version: "1" },
        devices: [],
      },
      streams: [],
    },
  };
}

/** Every checkpoint has one lost range of its own, so that a line that is missing shows. */
const line = (cursor: number): CheckpointLine => ({
  cursor,
  nextSequences: [cursor],
  outputs: [
    {
      state: { bytes: cursor },
      stored: { a: cursor },
      lost: { a: [{ first: 10 * cursor, count: 1, reason: "device", atNs: "1" }] },
    },
  ],
});

async function checkUpTo(path: string, cursor: number): Promise<void> {
  const content = (await readJournal(path))!;
  assert.equal(content.last!.cursor, cursor);
  assert.equal(content.head.run.info.experiment.serial, 2n ** 62n);
  assert.deepEqual(
    content.last!.outputs[0]!.lost.a!.map(({ first }) => first),
    Array.from({ length: cursor }, (_, index) => 10 * (index + 1)),
  );
}

test("a journal that is written anew says the same in two lines, and stays small", async (t) => {
  const folder = temporaryFolder(t);
  const journal = await Journal.create(headIn(folder), 4_000);
  let largest = 0;
  for (let cursor = 1; cursor <= 300; cursor++) {
    await journal.append(line(cursor));
    largest = Math.max(largest, statSync(journal.path).size);
    if (cursor % 37 === 0) await checkUpTo(journal.path, cursor);
  }
  await checkUpTo(journal.path, 300);
  const rewritten = statSync(journal.path).size;
  await journal.close();
  // All 300 lines would be some 45 kB; what has to be in it is some 20 kB of lost ranges.
  assert.ok(readFileSync(journal.path, "utf8").split("\n").length < 200);
  assert.ok(largest < 2.5 * rewritten + 8_000, `${largest} bytes at most, ${rewritten} at the end`);
  const { journal: again } = (await Journal.reopen(join(folder, "run.run.json"), 4_000))!;
  for (let cursor = 301; cursor <= 400; cursor++) await again.append(line(cursor));
  await checkUpTo(again.path, 400);
  await again.remove();
  assert.ok(!existsSync(journal.path) && !existsSync(`${journal.path}.tmp`));
});

test("a journal without losses does not grow with the length of the run", async (t) => {
  const folder = temporaryFolder(t);
  const journal = await Journal.create(headIn(folder), 4_000);
  for (let cursor = 1; cursor <= 2_000; cursor++) {
    const { state, stored } = line(cursor).outputs[0]!;
    await journal.append({ ...line(cursor), outputs: [{ state: state!, stored, lost: {} }] });
  }
  assert.ok(statSync(journal.path).size < 6_000);
  assert.equal((await readJournal(journal.path))!.last!.cursor, 2_000);
  await journal.close();
});

test("killed at any byte of the new file, or before or after it gets its name, the journal is whole", async (t) => {
  const folder = temporaryFolder(t);
  const journal = await Journal.create(headIn(folder), 1_000_000);
  for (let cursor = 1; cursor <= 20; cursor++) await journal.append(line(cursor));
  await journal.close();
  const old = join(folder, "old");
  copyFileSync(journal.path, old);
  // The new file as it is made: the same content rewritten, found in a second folder.
  const other = join(folder, "other");
  mkdirSync(other);
  copyFileSync(old, join(other, basename(journal.path)));
  const { journal: rewriting } = (await Journal.reopen(join(other, "run.run.json"), 1))!;
  await rewriting.append(line(21));
  await rewriting.close();
  const rewritten = readFileSync(rewriting.path);
  assert.equal(rewritten.toString().split("\n").length, 3, "a head and one line");
  for (let bytes = 0; bytes <= rewritten.byteLength; bytes += 7) {
    copyFileSync(old, journal.path);
    writeFileSync(`${journal.path}.tmp`, rewritten.subarray(0, bytes));
    const { journal: again, content } = (await Journal.reopen(join(folder, "run.run.json"), 1))!;
    assert.equal(content.last!.cursor, 20);
    await again.append(line(21)); // And is written anew in spite of what was left.
    await checkUpTo(again.path, 21);
    assert.equal(readFileSync(again.path, "utf8").split("\n").length, 3, "a head and one line");
    assert.ok(!existsSync(`${again.path}.tmp`));
    await again.close();
  }
  renameSync(rewriting.path, journal.path);
  await checkUpTo(journal.path, 21);
});

test("the lock holds through a rewriting: on the new file before it has the name, on the old one until then", async (t) => {
  const folder = temporaryFolder(t);
  const journal = await Journal.create(headIn(folder), 500);
  const before = openSync(journal.path, "r+");
  const inode = statSync(journal.path).ino;
  let cursor = 0;
  while (statSync(journal.path).ino === inode) await journal.append(line(++cursor));
  await assert.rejects(openLocked(journal.path), { code: "path", message: /Another process is writing/ });
  // Who had opened the old file gets its lock now, and must notice that it is not the journal any more.
  assert.ok(tryLock(before));
  await journal.close();
  const handle = await openLocked(journal.path);
  assert.equal((await handle!.stat()).ino, statSync(journal.path).ino);
  await handle!.close();
});

test("a lock counts only while the file still has the journal's name", async (t) => {
  const folder = temporaryFolder(t);
  const journal = await Journal.create(headIn(folder));
  const handle = await open(journal.path, "r");
  assert.ok(await isStillAt(handle, journal.path));
  copyFileSync(journal.path, join(folder, "copy"));
  renameSync(join(folder, "copy"), journal.path);
  assert.ok(!(await isStillAt(handle, journal.path)), "another file has the name");
  await journal.remove();
  assert.ok(!(await isStillAt(handle, journal.path)), "no file has the name");
  await handle.close();
  assert.equal(await openLocked(journal.path), undefined);
  assert.equal(await Journal.reopen(join(folder, "run.run.json")), undefined);
});

test("a new file that cannot be made leaves the old journal going on", async (t) => {
  const folder = temporaryFolder(t);
  const journal = await Journal.create(headIn(folder), 500);
  mkdirSync(`${journal.path}.tmp`); // In the way, and not to be removed by `rm` of a file.
  for (let cursor = 1; cursor <= 50; cursor++) await journal.append(line(cursor));
  await checkUpTo(journal.path, 50);
  rmSync(`${journal.path}.tmp`, { recursive: true });
  for (let cursor = 51; cursor <= 100; cursor++) await journal.append(line(cursor));
  await checkUpTo(journal.path, 100);
  assert.ok(readFileSync(journal.path, "utf8").split("\n").length < 50, "then it was written anew");
  await journal.close();
});

/** A process that appends checkpoints as fast as it can, with a rewriting every few of them, and says how far it is. */
function writer(folder: string): ChildProcess {
  const source = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
  const program = `
    import { Journal } from ${source("./journal.ts")};
    import { parseJson } from ${source("../model/parse-json.ts")};
    const head = parseJson(${JSON.stringify(toJson(headIn(folder)))});
    const found = await Journal.reopen(head.options.indexPath, 2_000);
    const journal = found?.journal ?? (await Journal.create(head, 2_000));
    for (let cursor = (found?.content.last?.cursor ?? 0) + 1; ; cursor++) {
      const value = ${JSON.stringify(line(0))};
      value.cursor = value.nextSequences[0] = cursor;
      value.outputs[0].lost.a[0].first = 10 * cursor;
      await journal.append(value);
      process.stdout.write(cursor + "\\n");
    }`;
  return spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

test("killed at random moments while it is written anew again and again, no checkpoint that counted is lost", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "run.journal.jsonl");
  for (let round = 0; round < 12; round++) {
    const child = writer(folder);
    let said = 0;
    child.stdout!.on("data", (text: Buffer) => {
      said = Number(/(\d+)\n\d*$/.exec(text.toString())?.[1] ?? said);
    });
    await once(child.stdout!, "data");
    await setTimeout(5 + Math.random() * 60);
    child.kill("SIGKILL");
    await once(child, "exit");
    const { last } = (await readJournal(path))!;
    assert.ok(last!.cursor >= said, `${last!.cursor} in the journal, ${said} was said to be`);
    await checkUpTo(path, last!.cursor);
    assert.ok(said > 0);
  }
});

test("recover removes a journal that was made and not written, and leaves one that is locked or is something else", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "run.journal.jsonl");
  for (const text of ["", '{"journal":1,"ringUid":"11']) {
    writeFileSync(path, text);
    const held = (await openLocked(path))!;
    await assert.rejects(recover(path), { message: /Another process is writing/ });
    await held.close();
    assert.deepEqual(await recover(path), { kind: "nothing", journal: path });
    assert.ok(!existsSync(path));
  }
  writeFileSync(path, "notes of mine");
  await assert.rejects(recover(path), { code: "format" });
  assert.equal(readFileSync(path, "utf8"), "notes of mine");
});

test("recover frees the name of a run that was killed before its first checkpoint and whose ring is gone", async (t) => {
  const folder = temporaryFolder(t);
  const head = headIn(folder);
  const stream = {
    name: "a",
    kind: "table",
    source: "test",
    clock: "system",
    columns: [{ name: "n", dtype: "uint8", shape: [], dims: [] }],
  } as const;
  const journal = await Journal.create({ ...head, run: { ...head.run, streams: [stream] } });
  await journal.close();
  writeFileSync(join(folder, "run.csv"), "timestamp,sequence,n\r\n");
  assert.deepEqual(await recover(join(folder, "run.csv")), { kind: "nothing", journal: journal.path });
  assert.ok(!existsSync(journal.path) && !existsSync(join(folder, "run.csv")));
});
