import assert from "node:assert/strict";
import { test } from "node:test";
import { AccountBook, type LostRange, lostByReason, mostRanges } from "./ledger.ts";

const lost = (first: number, count = 1): LostRange => ({ first, count, reason: "device", atNs: "1" });

function sumsUp(book: AccountBook): void {
  const account = book.account();
  const { produced, stored, ranges, more } = account;
  const inLedger = ranges.reduce((sum, { count }) => sum + count, 0);
  const beyond = Object.values(more?.lost ?? {}).reduce((sum, count) => sum + count, 0);
  assert.equal(inLedger + beyond, account.lost);
  assert.equal(produced, stored + account.lost);
  const byReason = Object.values(lostByReason(account)).reduce((sum, count) => sum + count, 0);
  assert.equal(byReason, account.lost);
}

test("keeps the first thousand ranges, hands out the rest once, and counts all of them", () => {
  const book = new AccountBook("a", "a.losses.csv");
  for (let number = 0; number < mostRanges + 500; number++) {
    book.store(1);
    book.lose({ ...lost(2 * number), detail: "again" });
  }
  const { ranges, more } = book.account();
  assert.equal(ranges.length, mostRanges);
  assert.deepEqual(more, { file: "a.losses.csv", ranges: 500, lost: { device: 500 } });
  const rows = book.takeMore();
  assert.equal(rows.length, 500);
  assert.deepEqual(rows[0], lost(2 * mostRanges), "without the detail");
  assert.deepEqual(book.takeMore(), []);
  sumsUp(book);
});

test("a loss that goes on is one range, in the ledger and beyond it", () => {
  const book = new AccountBook("a", "a.losses.csv");
  for (let number = 0; number < mostRanges; number++) book.lose(lost(2 * number));
  book.lose(lost(2 * mostRanges - 1, 5)); // Right behind the last one that fits.
  assert.equal(book.account().more, undefined);
  for (let number = 0; number < 10; number++) book.lose(lost(10_000 + number));
  assert.deepEqual(book.takeMore(), [lost(10_000, 10)]);
  assert.equal(book.account().more?.ranges, 1);
  sumsUp(book);
});

test("an account that was written down goes on, with what is beyond it", () => {
  const book = new AccountBook("a", "a.losses.csv");
  book.store(7);
  for (let number = 0; number < mostRanges + 3; number++) book.lose(lost(2 * number, 1));
  book.takeMore();
  const again = AccountBook.from(book.account(), "a.losses.csv");
  assert.deepEqual(again.account(), book.account());
  again.lose({ ...lost(9_999_999, 4), reason: "aborted" });
  assert.deepEqual(again.account().more?.lost, { device: 3, aborted: 4 });
  assert.deepEqual(again.takeNews(), []);
  assert.equal(again.takeMore().length, 1);
  sumsUp(again);
});

test("a book without a file keeps all ranges", () => {
  const book = new AccountBook("a");
  for (let number = 0; number < mostRanges + 3; number++) book.lose(lost(2 * number));
  assert.equal(book.account().ranges.length, mostRanges + 3);
  sumsUp(book);
});
