import type { Batch } from "../model/batch.ts";
import { DaqError } from "../model/errors.ts";
import { AccountBook, type StreamAccount } from "../model/ledger.ts";
import type { SourceStream } from "../recorder/finished-run.ts";
import { joinedBatches } from "./joined-batches.ts";

export type CopyProgress = {
  readonly stream: string;
  readonly records: number;
  /** What there is. */
  readonly of: number;
  /** Of values and times, not compressed. */
  readonly bytes: number;
};

/**
 * Hands all records of a stream to `take`, which borrows each batch until its promise ends. Returns the account: that of the source, after it was found true, or, where
 * there is none, what the records themselves tell. Throws `DaqError("format")` where the two do not agree.
 */
export async function copyStream(
  { schema, files, records, account }: SourceStream,
  sourceName: string,
  take: (batch: Batch) => Promise<void>,
  onProgress: (progress: CopyProgress) => void,
): Promise<StreamAccount> {
  const book = new AccountBook(schema.name);
  const path = files.map((file) => file.path).join(", ");
  const atNs = String(BigInt(Date.now()) * 1_000_000n);
  let next = 0n;
  let bytes = 0;
  for await (const batch of joinedBatches(schema, batchesOf(files, sourceName))) {
    for (const sequence of batch.sequences) {
      if (sequence < next) throw outOfOrder(path, schema.name, book.stored, sequence, next);
      if (sequence > next)
        book.lose({
          first: Number(next),
          count: Number(sequence - next),
          reason: "aborted",
          atNs,
          detail: "not in the file that was converted",
        });
      next = sequence + 1n;
    }
    book.store(batch.count);
    await take(batch);
    bytes += batch.columns.reduce((sum, column) => sum + column.bytes.byteLength, 16 * batch.count);
    onProgress({ stream: schema.name, records: book.stored, of: records, bytes });
  }
  if (account === undefined) return book.account();
  if (account.stored !== book.stored)
    throw new DaqError(
      "format",
      `${path} is not what it was when it was closed: its ledger says that ${account.stored} records of ${schema.name} were stored, and ${book.stored} are in it.`,
      { hint: "The file is damaged, or was changed by another program. Restore it from a copy." },
    );
  return account;
}

async function* batchesOf(files: SourceStream["files"], stream: string): AsyncGenerator<Batch, void, void> {
  for (const { path, format } of files) yield* format.read(path, stream);
}

function outOfOrder(path: string, stream: string, record: number, found: bigint, next: bigint): DaqError {
  return new DaqError(
    "format",
    `${path}: record ${record} or a later one of ${stream} has the sequence number ${found}, where ${next} or more belongs.`,
    { hint: "Sequence numbers count up from 0. The file is damaged, or was changed by another program." },
  );
}
