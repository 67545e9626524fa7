import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { describe, test } from "node:test";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { putText, textAt } from "../../model/text-values.ts";
import { targetIn, temporaryFolder } from "../../testing/format-contract/recording.ts";
import { ledgerOf } from "../../testing/format-contract/sample-streams.ts";
import { hdf5Format } from "./format.ts";
import { readHdf5 } from "./read-batches.ts";

const maxBytes = 16;
const log: StreamSchema = {
  name: "log",
  kind: "table",
  columns: [
    { name: "note", dtype: "string", shape: [], dims: [], maxBytes },
    { name: "open", dtype: "bool", shape: [], dims: [] },
  ],
  source: "test",
  clock: "device",
};

async function readNotes(path: string): Promise<readonly string[]> {
  const notes: string[] = [];
  for await (const { count, columns } of readHdf5(path, log.name))
    for (let row = 0; row < count; row++) notes.push(textAt(columns[0]!.bytes, row * maxBytes, maxBytes));
  return notes;
}

/** A closed file of these notes, with `open` true in each record. */
async function withNotes(notes: readonly string[], look: (path: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  const target = targetIn(folder.path, hdf5Format, [log], { compression: "none", durability: "process" });
  const count = notes.length;
  const cells = new Uint8Array(count * maxBytes);
  for (const [row, note] of notes.entries())
    putText(cells.subarray(row * maxBytes, (row + 1) * maxBytes), note);
  const writer = await hdf5Format.create(target);
  await writer.append({
    stream: log,
    count,
    timestampsNs: BigInt64Array.from(notes, (_, row) => BigInt(row)),
    sequences: BigInt64Array.from(notes, (_, row) => BigInt(row)),
    columns: [{ bytes: cells }, { bytes: new Uint8Array(count).fill(1) }],
  });
  await writer.close(ledgerOf([{ schema: log, stored: count, ranges: [] }]));
  await look(target.path);
}

test("a text that begins with a byte order mark keeps it", () => {
  const notes = ["\ufeffabc", "\ufeff", "\ufeff\ufeffq", "abc\ufeff", ""];
  return withNotes(notes, async (path) => assert.deepEqual(await readNotes(path), notes));
});

describe("bytes that are no text are an error with the record, and not another text", () => {
  for (const [what, note, byte] of [
    ["a byte above 127 among texts that are ASCII", "abc####xyz", 0xd1],
    ["half a character", "é####xyz", 0xd1],
    ["a NUL before the end", "abc####xyz", 0],
  ] as const)
    test(what, () =>
      withNotes(["first", note], async (path) => {
        const file = await readFile(path);
        file[file.indexOf("####")] = byte;
        await writeFile(path, file);
        await assert.rejects(readNotes(path), {
          code: "format",
          message: /\/entry\/log\/note has as record 1 what is no text: it is not UTF-8, or has a NUL/,
        });
      }),
    );
});

test("a bool that is neither 0 nor 1 is an error with the record", () =>
  withNotes(Array.from({ length: 50 }, String), async (path) => {
    const file = await readFile(path);
    file[file.indexOf(Buffer.alloc(50, 1)) + 7] = 2;
    await writeFile(path, file);
    await assert.rejects(readNotes(path), {
      code: "format",
      message: /\/entry\/log\/open has as record 7 what is neither 0 nor 1/,
    });
  }));
