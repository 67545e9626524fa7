import { AccountBook, type Ledger } from "../../model/ledger.ts";
import { ArrayReader } from "./hierarchy/array-reader.ts";
import type { RunFolder } from "./run-folder.ts";
import type { StreamRows } from "./stream-rows.ts";

/** Sequence numbers read at once. */
const sliceRows = 1 << 16;

/**
 * What the arrays themselves tell: how many records they have, and which sequence numbers are missing between them. What
 * came after the last one is unknown, so the ledger is not complete.
 */
export async function knownLedger(folder: RunFolder, streams: readonly StreamRows[]): Promise<Ledger> {
  const atNs = String(BigInt(Date.now()) * 1_000_000n);
  const accounts = [];
  for (const stream of streams) {
    const book = new AccountBook(stream.name);
    book.store(stream.records);
    for await (const { first, count } of holesOf(folder, stream))
      book.lose({ first, count, reason: "aborted", atNs, detail: "not in the folder when it was recovered" });
    accounts.push(book.account());
  }
  return { complete: false, accounts };
}

async function* holesOf(
  folder: RunFolder,
  { sequence, records }: StreamRows,
): AsyncGenerator<{ first: number; count: number }> {
  const reader = new ArrayReader(folder.store, sequence);
  let expected = 0n;
  for (let from = 0; from < records; from += sliceRows) {
    const slice = await reader.readRegion([from], [Math.min(sliceRows, records - from)]);
    for (const value of slice as BigInt64Array) {
      if (value > expected) yield { first: Number(expected), count: Number(value - expected) };
      expected = value + 1n;
    }
  }
}
