/**
 * One process that fills a part of a scan that is there already:
 *
 *     scan-process.ts STORE ARRAY PART PARTS    writes the objects (chunks or shards) whose number is PART modulo PARTS, ends
 *     scan-process.ts STORE ARRAY forever       writes chunks in turns, again and again, until it is killed
 */

import { placeOf } from "../../src/formats/zarr/hierarchy/grid.ts";
import { readNode } from "../../src/formats/zarr/hierarchy/read-node.ts";
import { ZarrWriter } from "../../src/formats/zarr/index.ts";
import { LocalStore } from "../../src/stores/local/local-store.ts";
import { scanChunk } from "./scan-values.ts";

const [path, name, part, parts] = process.argv.slice(2) as [string, string, string, string | undefined];
const node = await readNode(new LocalStore(path), name);
if (node?.kind !== "array") throw new Error(`There is no array ${name} in ${path}.`);
const { array } = node;
const objects = array.objectCounts.reduce((product, count) => product * count, 1);
const writer = await ZarrWriter.open(path);

async function writeObject(object: number, turn: number): Promise<void> {
  const place = placeOf(object, array.objectCounts);
  for (let inner = 0; inner < array.chunksPerObject; inner++) {
    const within = placeOf(inner, array.chunksPerObjectShape);
    const chunk = within.map((index, axis) => index + place[axis]! * array.chunksPerObjectShape[axis]!);
    if (chunk.some((index, axis) => index >= array.chunkCounts[axis]!)) continue;
    await writer.writeChunk(name, chunk, scanChunk(array, chunk, turn));
  }
}

if (part === "forever") {
  for (let turn = 0; ; turn++) {
    for (let object = 0; object < objects; object++) await writeObject(object, turn);
    // The threads that encode have started.
    if (turn === 0) console.log("written");
  }
}
for (let object = Number(part); object < objects; object += Number(parts)) await writeObject(object, 0);
await writer.close();
