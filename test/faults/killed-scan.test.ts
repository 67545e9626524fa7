import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseDocumentLine } from "../../src/documents/document-line.ts";
import { DocumentOrder } from "../../src/documents/document-order.ts";

test("a scan that is killed leaves every event that its writer had taken, in order", async () => {
  const folder = await mkdtemp(join(tmpdir(), "daq-killed-scan-"));
  try {
    const path = join(folder, "run.jsonl");
    const scan = spawn(process.execPath, [join(import.meta.dirname, "killed-scan.ts"), path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    scan.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.length > 5_000) scan.kill("SIGKILL");
    });
    const [, signal] = await once(scan, "close");
    assert.equal(signal, "SIGKILL");
    const told = said.slice(0, said.lastIndexOf("\n")).split("\n").map(Number).at(-1)!;

    const lines = (await readFile(path, "utf8")).split("\n");
    lines.pop(); // What follows the last end of a line is empty, or cut off.
    const order = new DocumentOrder();
    let last = 0;
    for (const [index, line] of lines.entries()) {
      const { name, doc } = parseDocumentLine(line, `line ${index + 1}`);
      order.accept(name, doc);
      if (name === "event") last = doc.seq_num;
    }
    assert.ok(told > 100, `${told} events`);
    assert.ok(last >= told, `${told} were taken, ${last} are in the file`);
    assert.equal(order.complete, false);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
