import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Journal } from "./journal.ts";
import { type CheckpointLine, type JournalHead, readJournal } from "./journal-lines.ts";

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "daq-journal-"));
  t.after(() => {
    for (const path of [folder, `${folder}-moved`]) rmSync(path, { recursive: true, force: true });
  });
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

const line = (cursor: number): CheckpointLine => ({ cursor, nextSequences: [cursor], outputs: [] });

test("a journal cut at any byte gives the lines that are whole", async (t) => {
  const folder = temporaryFolder(t);
  const journal = await Journal.create(headIn(folder));
  for (const cursor of [64, 128, 192]) await journal.append(line(cursor));
  await journal.close();
  const whole = readFileSync(journal.path);
  const headBytes = whole.indexOf(10) + 1;
  for (let bytes = headBytes; bytes <= whole.byteLength; bytes++) {
    writeFileSync(journal.path, whole);
    truncateSync(journal.path, bytes);
    const content = await readJournal(journal.path);
    const expected = whole.subarray(headBytes, bytes).filter((byte) => byte === 10).length;
    assert.equal(content!.last?.cursor, [undefined, 64, 128, 192][expected]);
    assert.equal(content!.bytes, whole.lastIndexOf(10, bytes - 1) + 1);
    assert.equal(content!.head.run.info.experiment.serial, 2n ** 62n);
  }
});

test("going on after a torn line overwrites it", async (t) => {
  const folder = temporaryFolder(t);
  const head = headIn(folder);
  const journal = await Journal.create(head);
  await journal.append(line(64));
  await journal.close();
  appendFileSync(journal.path, '{"cursor":128,"next');
  const { journal: again } = (await Journal.reopen(head.options.indexPath))!;
  await again.append(line(256));
  await again.close();
  assert.equal((await readJournal(journal.path))!.last!.cursor, 256);
});

test("a folder that was moved is found where it is now", async (t) => {
  const folder = temporaryFolder(t);
  const journal = await Journal.create(headIn(folder));
  await journal.append(line(64));
  await journal.close();
  renameSync(folder, `${folder}-moved`);
  const content = await readJournal(join(`${folder}-moved`, "run.journal.jsonl"));
  assert.equal(content!.head.options.outputs[0]!.path, join(`${folder}-moved`, "run.csv"));
});

test("what is not a journal is an error that says so, and a missing one is none", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "x.journal.jsonl");
  assert.equal(await readJournal(path), undefined);
  for (const text of ["", "hello\n", '{"journal":2}\n', "[]\n"]) {
    writeFileSync(path, text);
    await assert.rejects(readJournal(path), { code: "format", message: /not the journal/ });
  }
});

test("the losses of all checkpoints add up, and the last state counts", async (t) => {
  const folder = temporaryFolder(t);
  const journal = await Journal.create(headIn(folder));
  const lost = (first: number) => ({ first, count: 2, reason: "ring-lapped" as const, atNs: "1" });
  const at = (cursor: number, ranges: Record<string, ReturnType<typeof lost>[]>): CheckpointLine => ({
    ...line(cursor),
    outputs: [{ state: { bytes: cursor }, stored: { a: cursor }, lost: ranges }],
  });
  await journal.append(at(64, { a: [lost(1)] }));
  await journal.append(at(128, {}));
  await journal.append(at(192, { a: [lost(7), lost(9), lost(20)], b: [lost(3)] }));
  await journal.close();
  const { last } = (await readJournal(journal.path))!;
  assert.deepEqual(last!.outputs[0]!.lost, {
    a: [lost(1), { ...lost(7), count: 4 }, lost(20)],
    b: [lost(3)],
  });
  assert.deepEqual(last!.outputs[0]!.stored, { a: 192 });
});
