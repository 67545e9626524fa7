import { openFileSink } from "../../bytes/file-sink.ts";
import { DaqError } from "../../model/errors.ts";
import { AccountBook, type Ledger } from "../../model/ledger.ts";
import type { RecoveredFile } from "../contract.ts";
import { type Dataset, type OpenHdf5, openHdf5 } from "./open-hdf5.ts";
import { adoptRunFile } from "./open-run-file.ts";
import { readingFrom } from "./read-at.ts";
import { type RunFileContents, readRunFile } from "./run-file.ts";
import { type StreamLayout, streamLayouts } from "./stream-layout.ts";

/** Sequence numbers read at once. */
const sliceRows = 1 << 20;

/**
 * Finishes a file that a crash left. It opens in every reader as it lies there, up to its last checkpoint: what is added
 * is the account, and what is cut is room that was kept for growing. A complete file stays as it is.
 */
export async function recoverHdf5(path: string): Promise<RecoveredFile> {
  const { contents, ledger, bytes } = await contentsOf(path);
  if (contents === undefined) return { path, changed: false, isForeign: true, records: 0, cutBytes: 0 };
  if (contents.isComplete) return { path, changed: false, records: recordsOf(ledger), cutBytes: 0 };
  const { run, options } = contents;
  return readingFrom(path, async (read) => {
    const sink = await openFileSink(path, { resumeAtBytes: bytes });
    try {
      const writer = await adoptRunFile(sink, run, options, read);
      await writer.close(ledger);
      return { path, changed: true, records: recordsOf(ledger), cutBytes: 0 };
    } catch (error) {
      await sink.close();
      throw error;
    }
  });
}

function recordsOf({ accounts }: Ledger): number {
  return accounts.reduce((sum, { stored }) => sum + stored, 0);
}

async function contentsOf(
  path: string,
): Promise<{ contents: RunFileContents | undefined; ledger: Ledger; bytes: number }> {
  const file = await openHdf5(path);
  try {
    const contents = readRunFile(file);
    const ledger: Ledger =
      contents === undefined ? { complete: false, accounts: [] } : knownLedger(file, contents);
    return { contents, ledger, bytes: file.bytes };
  } finally {
    file.close();
  }
}

/**
 * What the file itself tells: how many records it has, and which sequence numbers are missing between them. What came
 * after the last one is unknown, so the ledger is not complete.
 */
function knownLedger(file: OpenHdf5, { run, options }: RunFileContents): Ledger {
  const atNs = String(BigInt(Date.now()) * 1_000_000n);
  const accounts = streamLayouts(run.streams, options.chunkRows).map((layout) => {
    const book = new AccountBook(layout.stream.name);
    const names = [layout.timestamps, layout.sequence, ...columnNames(layout)];
    const datasets = names.map((name) => file.dataset(`/entry/${layout.group}/${name}`));
    // A crash in the middle of a checkpoint leaves some of them a few rows ahead of the others.
    const rows = Math.min(...datasets.map((dataset) => dataset?.shape?.[0] ?? Number.POSITIVE_INFINITY));
    book.store(rows);
    const sequence = datasets[1];
    if (sequence !== undefined)
      for (const { first, count } of holesOf(file.path, sequence, rows))
        book.lose({ first, count, reason: "aborted", atNs, detail: "not in the file when it was recovered" });
    return book.account();
  });
  return { complete: false, accounts };
}

function columnNames({ columns }: StreamLayout): string[] {
  return columns.flatMap(({ name, validityName }) =>
    validityName === undefined ? [name] : [name, validityName],
  );
}

function* holesOf(
  path: string,
  sequence: Dataset,
  rows: number,
): Generator<{ first: number; count: number }> {
  let expected = 0n;
  for (let from = 0; from < rows; from += sliceRows) {
    const slice = sliceOf(path, sequence, from, Math.min(rows, from + sliceRows));
    for (const value of slice) {
      if (value > expected) yield { first: Number(expected), count: Number(value - expected) };
      expected = value + 1n;
    }
  }
}

function sliceOf(path: string, sequence: Dataset, from: number, to: number): BigInt64Array {
  try {
    return sequence.slice([[from, to]]) as BigInt64Array;
  } catch (cause) {
    const filters = sequence.filters.map(({ name, id }) => `${name} (${id})`).join(", ");
    throw new DaqError("format", `${path}: the sequence numbers ${from} to ${to} cannot be read.`, {
      hint: `Their filters are: ${filters || "none"}. The file was not changed.`,
      cause,
    });
  }
}
