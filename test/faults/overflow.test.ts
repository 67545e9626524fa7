import assert from "node:assert/strict";
import { test } from "node:test";
import { CounterRun, problemIn } from "./counter-run.ts";

/** A ring far too small, files that take 6 MB/s, and a program that makes more: 2.4 MB, more than twice the ring. */
const slow = {
  formats: ["arrow", "csv"],
  ringMb: 1,
  rowsPerTick: 8000,
  storage: "max_write_mb_per_s = 6",
  records: 300_000,
};

async function recorded(run: CounterRun) {
  const code = await run.exited;
  const [arrow, csv] = run.accounts();
  assert.equal(problemIn(arrow!, await run.arrowRows(), run.folder), undefined, `arrow in ${run.folder}`);
  assert.equal(problemIn(csv!, await run.csvRows(), run.folder), undefined, `csv in ${run.folder}`);
  return { code, arrow: arrow!, csv: csv! };
}

test("discard-oldest: what the ring overwrote is named in the file, and everything else is there", async () => {
  const run = new CounterRun({ ...slow, overflow: "discard-oldest" });
  const { code, arrow } = await recorded(run);
  assert.equal(code, 3, run.stderr);
  assert.ok(arrow.lost > 0, "the test must make the ring overrun");
  assert.deepEqual([...new Set(arrow.ranges.map((range) => range.reason))], ["ring-lapped"]);
  run.remove();
});

test("discard-oldest, written straight out of the ring: a batch that was overwritten meanwhile is not in the file", async () => {
  const run = new CounterRun({
    ...slow,
    formats: ["arrow"],
    overflow: "discard-oldest",
    storage: "max_write_mb_per_s = 3\nchunk_size = 1000",
  });
  const code = await run.exited;
  const [arrow] = run.accounts();
  assert.equal(problemIn(arrow!, await run.arrowRows(), run.folder), undefined, run.folder);
  assert.equal(code, 3, run.stderr);
  assert.deepEqual([...new Set(arrow!.ranges.map((range) => range.reason))], ["ring-lapped"]);
  run.remove();
});

test("block: the source waits, and nothing is lost", async () => {
  const run = new CounterRun({ ...slow, overflow: "block" });
  const { code, arrow, csv } = await recorded(run);
  assert.equal(code, 0, run.stderr);
  assert.deepEqual([arrow.lost, csv.lost], [0, 0]);
  assert.equal(arrow.stored, 300_000);
  run.remove();
});

test("resize: the ring grows to its largest size, and then behaves as it was told", async () => {
  const run = new CounterRun({ ...slow, overflow: "resize", ring: "max_size_mb = 3" });
  const { code, arrow } = await recorded(run);
  assert.equal(code, 3, run.stderr);
  assert.ok(arrow.lost > 0, "the test must make the grown ring overrun");
  const capacities = run.events
    .filter((event) => event.event === "progress")
    .map((event) => (event.recorder as { capacityBytes: number }).capacityBytes);
  assert.equal(Math.max(...capacities), 3 * 2 ** 20);
  run.remove();
});

test("resize, then block: nothing is lost", async () => {
  const run = new CounterRun({ ...slow, overflow: "resize", ring: 'max_size_mb = 3\nresize_then = "block"' });
  const { code, arrow } = await recorded(run);
  assert.equal(code, 0, run.stderr);
  assert.equal(arrow.lost, 0);
  run.remove();
});
