import { AccountBook, type Ledger } from "../../model/ledger.ts";
import type { DeclaredRun } from "./declare-run.ts";
import { removedDetail, removedRecords, SequenceNumbers } from "./removed-records.ts";
import type { RunFolder } from "./run-folder.ts";

/**
 * What the arrays themselves tell: how many records they have, which sequence numbers are missing between them, and what
 * somebody removed. What came after the last one is unknown, so the ledger is not complete.
 */
export async function knownLedger(
  folder: RunFolder,
  { streams }: DeclaredRun,
  recordsOf: (stream: string) => number,
): Promise<Ledger> {
  const atNs = String(BigInt(Date.now()) * 1_000_000n);
  const accounts = [];
  for (const declared of streams) {
    const { name } = declared.layout.stream;
    const records = recordsOf(name);
    const book = new AccountBook(name);
    book.store(records);
    const numbers = new SequenceNumbers(folder.store, declared.sequence.array.withShape([records]));
    let expected = 0;
    for await (const { first, count } of numbers.of(0, records)) {
      if (first > expected)
        book.lose({
          first: expected,
          count: first - expected,
          reason: "aborted",
          atNs,
          detail: "not in the folder when it was recovered",
        });
      expected = first + count;
    }
    for await (const range of removedRecords(folder.store, declared, records)) {
      book.takeBack(range.count);
      book.lose({ ...range, reason: "writer-failed", atNs, detail: removedDetail });
    }
    accounts.push(book.account());
  }
  return { complete: false, accounts };
}
