import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ArrayReader } from "../../src/formats/zarr/hierarchy/array-reader.ts";
import { countOf, placeOf } from "../../src/formats/zarr/hierarchy/grid.ts";
import { readNode } from "../../src/formats/zarr/hierarchy/read-node.ts";
import type { ZarrArray } from "../../src/formats/zarr/hierarchy/zarr-array.ts";
import { type ArrayOptions, ZarrWriter } from "../../src/formats/zarr/index.ts";
import { LocalStore } from "../../src/stores/local/local-store.ts";
import { Random } from "../ring/random.ts";
import { scanChunk } from "./scan-values.ts";

const root = mkdtempSync(join(tmpdir(), "daq-zarr-processes-"));
after(() => rmSync(root, { recursive: true, force: true }));

const scan = {
  name: "scan/frames",
  shape: [10, 5, 32, 33],
  chunks: [5, 1, 16, 33],
  dimensions: ["wavelength", "position", "y", "x"],
  dtype: "uint16",
} as const satisfies ArrayOptions;

const layouts: readonly (readonly [string, 2 | 3, Partial<ArrayOptions>])[] = [
  ["version 2", 2, { compression: "none" }],
  ["version 3", 3, {}],
  ["version 3 with shards", 3, { shards: [5, 2, 32, 33] }],
];

async function arrayAt(path: string): Promise<ZarrArray> {
  const node = await readNode(new LocalStore(path), scan.name);
  assert.ok(node?.kind === "array");
  return node.array;
}

/** Reads every chunk that is there; each must be one that was written, of one turn. Returns how many there are. */
async function checkChunks(path: string): Promise<number> {
  const array = await arrayAt(path);
  const reader = new ArrayReader(new LocalStore(path), array);
  let found = 0;
  for (let number = 0; number < countOf(array.chunkCounts); number++) {
    const place = placeOf(number, array.chunkCounts);
    const bytes = await reader.readChunk(place);
    if (bytes === undefined) continue;
    found++;
    const values = new Uint16Array(bytes.slice().buffer);
    const turn = Math.floor(values[0]! / 1000);
    assert.deepEqual(values, scanChunk(array, place, turn));
  }
  return found;
}

function start(...args: readonly string[]) {
  const program = join(import.meta.dirname, "scan-process.ts");
  return spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

for (const [name, zarrFormat, more] of layouts) {
  test(`four processes fill one scan together, and one of them closes it: ${name}`, async () => {
    const path = join(root, `four-${name.replaceAll(" ", "-")}.zarr`);
    const writer = await ZarrWriter.create(path, { zarrFormat });
    await writer.createArray({ ...scan, ...more });
    const others = [1, 2, 3, 4].map((part) => start(path, scan.name, String(part % 4), "4"));
    const codes = await Promise.all(others.map(async (child) => (await once(child, "exit"))[0] as number));
    assert.deepEqual(codes, [0, 0, 0, 0]);
    await writer.close();
    assert.equal(await checkChunks(path), 20);
    const { attributes = {} } = (await arrayAt(path)).spec;
    const ledger = JSON.parse(String(attributes.daq_ledger)) as { stored: number; missing: number };
    assert.deepEqual([ledger.stored, ledger.missing], [20, 0]);
  });

  test(`no half chunk is under its name after a kill: ${name}`, { timeout: 120_000 }, async () => {
    const random = new Random(41);
    const path = join(root, `killed-${name.replaceAll(" ", "-")}.zarr`);
    const writer = await ZarrWriter.create(path, { zarrFormat });
    await writer.createArray({ ...scan, ...more });
    await writer.close({ finish: false });
    let found = 0;
    for (let kill = 0; kill < 4; kill++) {
      const child = start(path, scan.name, "forever");
      await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
      await sleep(random.integer(0, 200));
      child.kill("SIGKILL");
      await once(child, "exit");
      found = await checkChunks(path);
    }
    assert.ok(found > 0, "the process was killed before it had written anything");
    // What it left behind is in no one's way.
    const again = await ZarrWriter.open(path);
    const array = await arrayAt(path);
    for (let number = 0; number < countOf(array.chunkCounts); number++) {
      const place = placeOf(number, array.chunkCounts);
      await again.writeChunk(scan.name, place, scanChunk(array, place, 7));
    }
    await again.close({ finish: true });
    assert.equal(await checkChunks(path), 20);
  });
}
