import assert from "node:assert/strict";
import { test } from "node:test";
import { openFileSink } from "../bytes/file-sink.ts";
import { OutputAccounts } from "./output-accounts.ts";

const place = {
  indexPath: "/nowhere/run.run.json",
  format: "arrow",
  openSink: openFileSink,
  durable: false,
} as const;

test("going back counts what was handed over, and not the records in front of a gap that are still to come", () => {
  const accounts = new OutputAccounts(["a"], place);
  accounts.handOver("a", 5);
  accounts.book("a")!.store(5);
  accounts.save();
  accounts.handOver("a", 10);
  accounts.book("a")!.store(5);
  // The recorder has read 10 to 19 and the gap behind them; the batch with 10 to 19 is still being collected.
  accounts.lose(accounts.book("a")!, { first: 20, count: 3, reason: "device", atNs: "1" });
  accounts.goBack({ reason: "writer-failed", atNs: "2" });
  const ranges = () =>
    accounts.accounts()[0]!.ranges.map(({ first, count, reason }) => [first, count, reason]);
  assert.deepEqual(ranges(), [
    [5, 5, "writer-failed"],
    [20, 3, "device"],
  ]);
  accounts.handOver("a", 20);
  accounts.lose(accounts.book("a")!, { first: 10, count: 10, reason: "writer-failed", atNs: "3" });
  const { produced, stored, lost } = accounts.accounts()[0]!;
  assert.deepEqual([produced, stored, lost], [23, 5, 18]);
});

test("a gap that was counted before the save is not counted again", () => {
  const accounts = new OutputAccounts(["a"], place);
  accounts.lose(accounts.book("a")!, { first: 4, count: 2, reason: "device", atNs: "1" });
  accounts.handOver("a", 4);
  accounts.book("a")!.store(4);
  accounts.save();
  accounts.handOver("a", 8);
  accounts.book("a")!.store(2);
  accounts.goBack({ reason: "writer-failed", atNs: "2" });
  const { produced, stored, lost } = accounts.accounts()[0]!;
  assert.deepEqual([produced, stored, lost], [8, 4, 4]);
});
