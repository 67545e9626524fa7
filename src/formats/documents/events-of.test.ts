import assert from "node:assert/strict";
import { test } from "node:test";
import { composeRun } from "../../documents/compose-run.ts";
import type { Event } from "../../documents/event.ts";
import type { Batch } from "../../model/batch.ts";
import type { RecordsToWrite } from "../../model/frame-sink.ts";
import type { Quantities } from "../../model/reading.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { EventTable } from "./event-table.ts";
import { eventsOf } from "./events-of.ts";

const atNs = 1_700_000_000_123_456_789n;

function batchOf(stream: StreamSchema, { count, timestampsNs, columns, validity }: RecordsToWrite): Batch {
  return {
    stream,
    count,
    timestampsNs: timestampsNs!,
    sequences: BigInt64Array.from({ length: count }, (_, index) => BigInt(index)),
    columns: columns.map((bytes, index) => {
      const mask = validity?.[index];
      return mask === undefined ? { bytes } : { bytes, validity: mask };
    }),
  };
}

test("what a table made of events becomes the same events again", () => {
  const quantities: Quantities = {
    power: { dtype: "float64", unit: "mW", source: "sensor" },
    counts: { dtype: "int64", unit: null, source: "counter" },
    open: { dtype: "boolean", unit: null, source: "switch" },
    mode: { dtype: "string", unit: null, choices: ["cw", "pulsed"], source: "mode" },
    spectrum: { dtype: "uint16", shape: [3], dims: ["bin"], unit: "counts", source: "sensor" },
  };
  const run = composeRun({ startedAtNs: atNs });
  const { descriptor, composeEvent } = run.composeDescriptor(
    "primary",
    [
      { id: "meter", quantities },
      {
        id: "cam",
        quantities: { cam: { dtype: "uint8", shape: [2, 2], dims: ["y", "x"], unit: null, source: "chip" } },
        external: ["cam"],
      },
    ],
    atNs,
  );
  const values = [
    { power: 4.7, counts: 7, open: true, mode: "pulsed", spectrum: [1, 2, 3] },
    { power: Number.NaN, counts: 2n ** 60n + 1n, open: false, mode: "cw", spectrum: [4, 5, 6] },
    { power: null, counts: null, open: null, mode: null, spectrum: null },
  ];
  const table = new EventTable(descriptor);
  const events: Event[] = [];
  for (const [index, row] of values.entries()) {
    const readings = Object.fromEntries(
      Object.entries(row).map(([name, value], at) => [
        name,
        { value, timestampNs: atNs + BigInt(100 * index + at) },
      ]),
    );
    events.push(composeEvent(readings, atNs + BigInt(1000 * (index + 1)), index + 4));
    table.add(events.at(-1)!);
  }
  const again = [...eventsOf(batchOf(table.schema, table.take()!), descriptor)];
  assert.deepEqual(
    again.map(({ uid, ...event }) => [uid.startsWith(descriptor.uid), event]),
    events.map(({ uid: _uid, ...event }) => [true, event]),
  );
});

test("rows of which the descriptor has another quantity are refused", () => {
  const run = composeRun({ startedAtNs: atNs });
  const descriptorOf = (name: string) =>
    run.composeDescriptor(
      name,
      [{ id: name, quantities: { [name]: { dtype: "float64", unit: null, source: "sensor" } } }],
      atNs,
    );
  const power = descriptorOf("power");
  const table = new EventTable(power.descriptor);
  table.add(power.composeEvent({ power: { value: 1, timestampNs: atNs } }, atNs));
  const batch = batchOf(table.schema, table.take()!);
  assert.throws(() => [...eventsOf(batch, descriptorOf("current").descriptor)], {
    code: "format",
    message: /has no column current/,
  });
});
