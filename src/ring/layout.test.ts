import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { lossReasons } from "../model/ledger.ts";
import * as layout from "./layout.ts";
import { overflowModes } from "./ring-options.ts";

const document = readFileSync(new URL("../../docs/ring-protocol.md", import.meta.url), "utf8");

/** Rows `| 128 | 8 | `header.reserved` | …` of the document. */
const fields = [...document.matchAll(/^\| (\d+) \| (\d+) \| `(\w+)\.(\w+)` \|/gm)].map(
  ([, offset, bytes, group, name]) => ({
    offset: Number(offset),
    bytes: Number(bytes),
    group: group!,
    name: name!,
  }),
);
const constants = [...document.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(
  ([, name, value]) => [name!, Number(value)] as const,
);
const { header, generation, slot, stream, record } = layout;
const { nameBytes, ...slotOffsets } = slot;
const groups = { header, generation, slot: slotOffsets, stream, record };

for (const [group, offsets] of Object.entries(groups))
  test(`the document and the source agree on every field of ${group}`, () => {
    const documented = fields.filter((field) => field.group === group);
    assert.deepEqual(Object.fromEntries(documented.map(({ name, offset }) => [name, offset])), offsets);
    assert.equal(documented.length, new Set(documented.map(({ name }) => name)).size);
  });

test("the document's sizes are those of the source", () => {
  assert.ok(constants.length >= 14);
  for (const [name, value] of constants) assert.equal((layout as Record<string, unknown>)[name], value, name);
});

test("fields stand on multiples of their size and do not overlap", () => {
  for (const group of Object.keys(groups)) {
    let end = 0;
    for (const { name, offset, bytes } of fields.filter((field) => field.group === group)) {
      assert.ok(offset >= end, `${group}.${name} begins before ${end}`);
      assert.equal(offset % Math.min(bytes, 8), 0, `${group}.${name} is aligned`);
      end = offset + bytes;
    }
  }
  assert.equal(fields.find(({ name }) => name === "name")?.bytes, nameBytes);
});

test("words that two processes write have a line of their own", () => {
  const { reserved, published, tail, dataWake, spaceWake, generationCount } = layout.header;
  const lines = [reserved, published, tail, dataWake, spaceWake, generationCount].map((offset) =>
    Math.floor(offset / 64),
  );
  assert.equal(new Set(lines).size, lines.length);
  for (const offset of [
    layout.slotsOffset,
    layout.slotBytes,
    layout.slot.cursor,
    layout.streamsOffset,
    layout.dataOffset,
  ])
    assert.equal(offset % layout.lineBytes, 0);
});

test("the parts of the file lie one behind the other", () => {
  assert.ok(layout.header.generations + layout.maxGenerations * layout.generationBytes <= layout.slotsOffset);
  assert.ok(layout.slotsOffset + layout.slotCount * layout.slotBytes <= layout.streamsOffset);
  assert.ok(layout.streamsOffset + layout.maxStreams * layout.streamBytes <= layout.directoryOffset);
  assert.equal(layout.directoryOffset + layout.directoryCapacity, layout.dataOffset);
  assert.equal(layout.dataOffset % 4096, 0);
});

test("the document names magic, version, kinds, states, modes and reasons as the source does", () => {
  const numbered = (names: readonly string[]) => names.map((name, index) => `${index} ${name}`).join(", ");
  for (const text of [
    `| \`${layout.magic}\` |`,
    `Layout version ${layout.layoutVersion}.`,
    numbered(overflowModes),
    numbered(lossReasons),
    `${layout.producerState.open} open, ${layout.producerState.closed} closed`,
    `${layout.slotState.free} free, ${layout.slotState.attached} attached, ${layout.slotState.taking} being taken, ${layout.slotState.resuming} being resumed`,
    `State: ${layout.recordState.reserved} reserved, ${layout.recordState.committed} committed.`,
    `Kind: ${layout.recordKind.padding} padding (skip it), ${layout.recordKind.data} data, ${layout.recordKind.document} run document (skip it), ${layout.recordKind.gap} gap`,
    `${layout.directoryKind.schema} schema, ${layout.directoryKind.run} run`,
    `Flag ${layout.flagTimestamps}:`,
  ])
    assert.ok(document.includes(text), text);
});
