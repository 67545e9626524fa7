import assert from "node:assert/strict";
import { test } from "node:test";
import { loadFormat } from "../../formats/registry.ts";
import type { Batch } from "../../model/batch.ts";
import type { LostRange } from "../../model/ledger.ts";
import type { SourceStream } from "../../recorder/finished-run.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import { gauges } from "../../testing/format-contract/sample-streams.ts";
import { valuesOf } from "../../testing/format-contract/stream-values.ts";
import { MemorySink } from "../../testing/memory-sink.ts";
import { copyRecords } from "./copy-records.ts";

async function sourceOf(batches: readonly Batch[], ranges: readonly LostRange[]): Promise<SourceStream> {
  const arrow = await loadFormat("arrow");
  const format = {
    ...arrow,
    async *read() {
      yield* batches;
    },
  };
  const stored = batches.reduce((sum, { count }) => sum + count, 0);
  const lost = ranges.reduce((sum, { count }) => sum + count, 0);
  return {
    schema: gauges,
    files: [{ path: "a file", format }],
    records: stored,
    account: { stream: gauges.name, produced: stored + lost, stored, lost, ranges },
  };
}

test("records are stored again with their times, and what was lost between them keeps its reason", async () => {
  const batches = new SampleBatches(gauges);
  const first = batches.next(100);
  const skipped = batches.skip(5);
  const second = batches.next(60);
  const range = { ...skipped, reason: "device", atNs: "5", detail: "the camera was busy" } as const;
  const sink = new MemorySink().openStream(gauges);
  const seen: number[] = [];
  await copyRecords(await sourceOf([first, second], [range]), sink, 150, ({ count }) => seen.push(count));
  assert.equal(
    seen.reduce((sum, count) => sum + count, 0),
    145,
  );
  assert.deepEqual(sink.sequences, [
    ...Array.from({ length: 100 }, (_, index) => index),
    ...Array.from({ length: 45 }, (_, index) => 105 + index),
  ]);
  assert.deepEqual(sink.timestampsNs, [...first.timestampsNs, ...second.timestampsNs.subarray(0, 45)]);
  const values = valuesOf([first, second]).get(gauges.name)!.columns;
  for (const { name, nullable } of gauges.columns) {
    const mask = sink.validity(name);
    const copied = [...(sink.values(name) as Iterable<number | bigint>)].map((value, row) =>
      nullable === true && mask[row] === 0 ? null : value,
    );
    assert.deepEqual(copied, values.get(name)!.slice(0, 145), name);
  }
  assert.deepEqual(
    sink.account.ranges.map(({ first, count, reason, detail }) => [first, count, reason, detail]),
    [[100, 5, "device", "the camera was busy"]],
  );
});

test("a loss at the end, and one that no ledger explains, are losses again", async () => {
  const batches = new SampleBatches(gauges);
  batches.skip(3);
  const only = batches.next(10);
  const sink = new MemorySink().openStream(gauges);
  const tail: LostRange = { first: 13, count: 4, reason: "device", atNs: "5" };
  await copyRecords(await sourceOf([only], [tail]), sink, 15);
  assert.deepEqual(
    sink.account.ranges.map(({ first, count, reason }) => [first, count, reason]),
    [
      [0, 3, "aborted"],
      [13, 2, "device"],
    ],
  );
  assert.equal(sink.account.produced, 15);
});

test("records out of order are refused", async () => {
  const [first, second] = [new SampleBatches(gauges), new SampleBatches(gauges)];
  const source = await sourceOf([first.next(10), second.next(10)], []);
  await assert.rejects(copyRecords(source, new MemorySink().openStream(gauges), 100), {
    code: "format",
    message: /not in the order of their numbers/,
  });
});
