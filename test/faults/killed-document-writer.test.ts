import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import type { FormatName } from "../../src/formats/contract.ts";
import { loadFormat } from "../../src/formats/registry.ts";
import { typedView } from "../../src/model/dtype.ts";
import { documentWriters } from "./document-writing.ts";

const batch = 20;
const killedAt = 107;

for (const name of Object.keys(documentWriters) as FormatName[])
  test(`${name}: of documents whose writer is killed, every batch that was written is there after recovery`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "daq-killed-writer-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const format = await loadFormat(name);
    const path = join(folder, `run${format.extensions[0]}`);
    const script = join(import.meta.dirname, "document-writing.ts");
    const child = spawn(process.execPath, [script, name, path, String(batch)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: child.stdout }))
      if (Number(line) === killedAt) child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    assert.equal(child.signalCode, "SIGKILL");
    const recovered = await format.recover(path);
    assert.ok(recovered.changed);
    const numbers: bigint[] = [];
    for await (const { stream, columns } of format.read(path, "primary")) {
      const at = stream.columns.findIndex((column) => column.name === "seq_num");
      numbers.push(...(typedView("int64", columns[at]!.bytes) as BigInt64Array));
    }
    // An event is told after it was taken; the one that fills a batch is final with the checkpoint after it.
    const least = Math.floor((killedAt - 1) / batch) * batch;
    assert.ok(numbers.length >= least, `${numbers.length} of at least ${least} events`);
    assert.deepEqual(
      numbers,
      Array.from({ length: numbers.length }, (_, index) => BigInt(index + 1)),
    );
  });
