import assert from "node:assert/strict";
import { test } from "node:test";
import { composeRun } from "../../documents/compose-run.ts";
import { EventTable } from "../../formats/documents/event-table.ts";
import { loadFormat } from "../../formats/registry.ts";
import type { Batch } from "../../model/batch.ts";
import { camera } from "../../testing/format-contract/sample-streams.ts";
import { batchesOf } from "./copy-records.ts";
import type { InterruptedStream } from "./interrupted-run.ts";
import { keptRecords } from "./kept-records.ts";
import { recordedDocuments } from "./recorded-documents.ts";

const id = camera.name;
const startNs = 1_700_000_000_000_000_000n;

/** Frames by event; the position in the list is the time. */
type Frames = readonly (readonly [stream: string, frame: number | null])[];

async function interrupted(names: readonly string[], frames: Frames) {
  const run = composeRun({ startedAtNs: startNs });
  const arrow = await loadFormat("arrow");
  const quantities = { [`${id}_frame`]: { dtype: "int64", unit: null, source: "camera" } } as const;
  const streams: InterruptedStream[] = names.map((name) => {
    const { descriptor, composeEvent } = run.composeDescriptor(name, [{ id, quantities }], startNs);
    const table = new EventTable(descriptor);
    for (const [at, [stream, value]] of frames.entries()) {
      const timestampNs = startNs + BigInt(at + 1) * 1_000_000n;
      if (stream === name) table.add(composeEvent({ [`${id}_frame`]: { value, timestampNs } }, timestampNs));
    }
    const rows = table.take()!;
    const batch: Batch = {
      stream: table.schema,
      count: rows.count,
      timestampsNs: rows.timestampsNs!,
      sequences: BigInt64Array.from({ length: rows.count }, (_, row) => BigInt(row)),
      columns: rows.columns.map((bytes, column) => {
        const validity = rows.validity?.[column];
        return validity === undefined ? { bytes } : { bytes, validity };
      }),
    };
    const format = {
      ...arrow,
      async *read() {
        yield batch;
      },
    };
    const source = { schema: table.schema, files: [{ path: name, format }], records: rows.count };
    return { source: { ...source, account: undefined }, descriptor };
  });
  streams.push({
    source: { schema: camera, files: [], records: 9, account: undefined },
    descriptor: undefined,
  });
  const recorded = streams.flatMap(({ source, descriptor }) =>
    descriptor === undefined ? [] : [{ descriptor, batches: () => batchesOf(source) }],
  );
  return { streams, documents: () => recordedDocuments(run.start, recorded) };
}

const dark: Frames = [
  ["dark", 0],
  ["dark", 1],
  ["primary", 2],
  ["primary", 3],
  ["primary", 4],
];

for (const names of [
  ["dark", "primary"],
  ["primary", "dark"],
])
  test(`frames stay up to the last one of any stream: ${names.join(" before ")}`, async () => {
    const run = await interrupted(names, dark);
    const kept = async (primary: number) =>
      (
        await keptRecords(
          run,
          new Map([
            ["dark", 2],
            ["primary", primary],
          ]),
        )
      ).ends;
    assert.deepEqual(Object.fromEntries(await kept(3)), { dark: 2, primary: 3, [id]: 5 });
    assert.deepEqual(Object.fromEntries(await kept(1)), { dark: 2, primary: 1, [id]: 3 });
  });

test("a frame that was lost counts where it was taken", async () => {
  const run = await interrupted(
    ["primary", "dark"],
    [
      ["dark", 0],
      ["primary", null],
      ["primary", 2],
      ["dark", null],
    ],
  );
  const { ends } = await keptRecords(
    run,
    new Map([
      ["dark", 2],
      ["primary", 2],
    ]),
  );
  assert.equal(ends.get(id), 4);
});
