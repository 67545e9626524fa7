import assert from "node:assert/strict";
import { test } from "node:test";
import { composeRun } from "../documents/compose-run.ts";
import type { Event } from "../documents/event.ts";
import { EventTable } from "../formats/documents/event-table.ts";
import { MemorySink } from "../testing/memory-sink.ts";
import { EventRows } from "./event-rows.ts";

const atNs = 1_700_000_000_000_000_000n;
const quantities = { power: { dtype: "float64", unit: "mW", source: "test" } } as const;

function prepared() {
  const run = composeRun({ startedAtNs: atNs });
  const stream = run.composeDescriptor("primary", [{ id: "meter", quantities }], atNs);
  const table = new EventTable(stream.descriptor);
  const sink = new MemorySink();
  const rows = new EventRows(table, sink.openStream(table.schema));
  const event = (number: number, value: number): Event =>
    stream.composeEvent({ power: { value, timestampNs: atNs } }, atNs + BigInt(number), number);
  const stored = () => {
    const stream = sink.stream("primary");
    const numbers = [...stream.values("seq_num")];
    const powers = [...stream.values("power")];
    return numbers.map((number, index) => [Number(number), powers[index]]);
  };
  return { rows, event, stored };
}

test("events are written when they are final, and not before", async () => {
  const { rows, event, stored } = prepared();
  rows.add(event(1, 10));
  await rows.write();
  assert.deepEqual(stored(), []);
  rows.settle();
  rows.add(event(2, 20));
  await rows.write();
  assert.deepEqual(stored(), [[1, 10]]);
});

test("a point that is measured again after a pause is one row, the later one", async () => {
  const { rows, event, stored } = prepared();
  rows.add(event(1, 10));
  rows.settle();
  rows.add(event(2, 20));
  rows.add(event(3, 30));
  rows.add(event(2, 21));
  rows.add(event(3, 31));
  rows.settle();
  await rows.write();
  assert.deepEqual(stored(), [
    [1, 10],
    [2, 21],
    [3, 31],
  ]);
  assert.equal(rows.repeated, 0);
});

test("without a checkpoint memory stays bounded, and what is then stored twice is counted", async () => {
  const { rows, event, stored } = prepared();
  for (let number = 1; number <= 4097; number++) rows.add(event(number, number));
  await rows.write();
  assert.equal(stored().length, 4097);
  rows.add(event(1, 0));
  assert.equal(rows.repeated, 1);
});
