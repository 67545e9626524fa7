import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { OpenSink } from "./byte-sink.ts";
import { openBlockingFileSink, openFileSink } from "./file-sink.ts";

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "daq-file-sink-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const large = new Uint8Array(4 << 20).fill(7);

const kinds: Readonly<Record<string, OpenSink>> = {
  "leaves its thread free": openFileSink,
  "waits in its thread": openBlockingFileSink,
  "waits for names only": (path, options) => openBlockingFileSink(path, { ...options, aside: true }),
};

for (const [kind, open] of Object.entries(kinds))
  for (const inOrder of [false, true])
    describe(`a file that ${kind}${inOrder ? ", for an object" : ""}`, () => {
      test("has what was written, piece behind piece, and goes on at a length", () =>
        inFolder(async (folder) => {
          const path = join(folder, "a");
          const sink = await open(path, { inOrder });
          await sink.write(Uint8Array.of(1, 2, 3));
          await sink.writeAll([Uint8Array.of(4), new Uint8Array(0), Uint8Array.of(5, 6)]);
          await sink.writeAt!(0, [Uint8Array.of(9)]);
          assert.equal(sink.positionBytes, 6);
          await sink.close();
          const again = await open(path, { inOrder, resumeAtBytes: 4 });
          await again.write(Uint8Array.of(8));
          await again.flush();
          await again.close();
          assert.deepEqual([...(await readFile(path))], [9, 2, 3, 4, 8]);
        }));

      test("is closed only when its writes have ended, so that none goes to another file", () =>
        inFolder(async (folder) => {
          const path = join(folder, "a");
          const sink = await open(path, { inOrder });
          const writing = [0, 1, 2].map((piece) => sink.writeAt!(piece * large.byteLength, [large]));
          await sink.close();
          await Promise.all(writing);
          assert.equal((await readFile(path)).byteLength, 3 * large.byteLength);
        }));

      test("refuses what comes after it was closed", () =>
        inFolder(async (folder) => {
          const sink = await open(join(folder, "a"), { inOrder });
          await sink.close();
          await sink.close();
          const closed = { code: "io", message: /closed before/ };
          await assert.rejects(sink.write(large), closed);
          await assert.rejects(sink.flush(), closed);
          await assert.rejects(sink.truncate(0), closed);
        }));

      test("takes another name in place of what had it", () =>
        inFolder(async (folder) => {
          const [from, to] = [join(folder, "from"), join(folder, "to")];
          for (const value of [1, 2]) {
            const sink = await open(from, { inOrder });
            await sink.write(Uint8Array.of(value));
            await sink.close();
            await sink.renameTo!(to);
          }
          assert.deepEqual([...(await readFile(to))], [2]);
          await assert.rejects(readFile(from), { code: "ENOENT" });
        }));

      test("is not made where one exists, and not gone on with where it is shorter", () =>
        inFolder(async (folder) => {
          const path = join(folder, "a");
          await (await open(path, { inOrder })).close();
          await assert.rejects(open(path, { inOrder }), { code: "path", message: /exists already/ });
          await assert.rejects(open(path, { inOrder, resumeAtBytes: 1 }), { code: "format" });
          await assert.rejects(open(join(folder, "no", "a"), { inOrder }), { code: "path" });
        }));
    });
