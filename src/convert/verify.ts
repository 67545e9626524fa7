import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { formatOfPath, loadFormat } from "../formats/registry.ts";
import { DaqError } from "../model/errors.ts";
import type { Ledger, StreamAccount } from "../model/ledger.ts";
import { openFile, type SourceStream } from "../recorder/finished-run.ts";
import { type OutputSummary, type RunIndex, readRunIndex } from "../recorder/run-index.ts";
import { type CopyProgress, copyStream } from "./stream-copy.ts";

export type VerifyOptions = {
  /** `data`: a data file of any format. `index`: a run's `….run.json`, with all of its files. */
  readonly kind: "data" | "index";
  readonly path: string;
  readonly stop?: AbortSignal;
  readonly onProgress: (progress: CopyProgress) => void;
};

/** A stream in the files of one format. */
export type VerifiedStream = {
  readonly stream: string;
  readonly paths: readonly string[];
  /** That were read. */
  readonly records: number;
  /** What is not as it should be, and where; absent where all is well. */
  readonly problem?: string;
};

export type Verification = {
  readonly path: string;
  readonly streams: readonly VerifiedStream[];
  /** What belongs to the data and is not there. */
  readonly missing: readonly string[];
  /** One for each output of the run. */
  readonly ledgers: readonly { readonly output: string; readonly ledger: Ledger }[];
};

/**
 * Reads every record of a finished file, or of all files of a run, through the checksums that its format has, and holds it
 * against the ledger. Throws `DaqError` for what is not finished, cannot be opened at all, or was written by another program.
 */
export async function verify(wanted: VerifyOptions): Promise<Verification> {
  const { path } = wanted;
  return wanted.kind === "data" ? verifyFile(wanted, path) : verifyRun(wanted, path);
}

async function verifyFile(wanted: VerifyOptions, path: string): Promise<Verification> {
  const { info, streams, isAccounted } = await openFile(path, []);
  if (info === undefined)
    throw new DaqError(
      "format",
      `${path} was written by another program: it has no ledger to hold it against.`,
      {
        hint: "`daq convert` makes a recording of an Arrow or CSV table with times.",
      },
    );
  const accounts = streams.flatMap(({ account }) => account ?? []);
  const format = await formatOfPath(path);
  return {
    path,
    streams: await verifyAll(wanted, streams),
    missing: [
      ...((await format.missingParts?.(path)) ?? []),
      ...(await missingLosses(dirname(path), accounts)),
    ],
    ledgers: [{ output: format.name, ledger: { complete: isAccounted, accounts } }],
  };
}

async function verifyRun(wanted: VerifyOptions, path: string): Promise<Verification> {
  const index = await readRunIndex(path);
  const streams: VerifiedStream[] = [];
  // Of a run that did not end by itself they may never have been written.
  const missing = index.end === "closed" ? await missingOf(dirname(path), index.beside ?? []) : [];
  for (const output of index.outputs) {
    missing.push(...(await missingFiles(dirname(path), output)));
    streams.push(...(await verifyAll(wanted, await streamsOf(dirname(path), index, output))));
  }
  const ledgers = index.outputs.map(({ format, ledger }) => ({ output: format, ledger }));
  return { path, streams, missing, ledgers };
}

/** Each stream of an output, with those of its files that are there. */
async function streamsOf(folder: string, { run }: RunIndex, output: OutputSummary): Promise<SourceStream[]> {
  const format = await loadFormat(output.format);
  const found: SourceStream[] = [];
  for (const account of output.ledger.accounts) {
    const schema = run.streams.find(({ name }) => name === account.stream);
    const paths = output.files
      .filter(({ streams }) => streams.includes(account.stream))
      .map(({ path }) => join(folder, basename(path)));
    const areThere = await Promise.all(paths.map(isThere));
    if (schema !== undefined && paths.length > 0 && areThere.every(Boolean))
      found.push({
        schema,
        files: paths.map((path) => ({ path, format })),
        records: account.stored,
        account,
      });
  }
  return found;
}

async function verifyAll(
  { stop, onProgress }: VerifyOptions,
  streams: readonly SourceStream[],
): Promise<VerifiedStream[]> {
  const verified: VerifiedStream[] = [];
  for (const stream of streams) {
    const { name } = stream.schema;
    const paths = stream.files.map(({ path }) => path);
    let records = 0;
    const look = (progress: CopyProgress): void => {
      stop?.throwIfAborted();
      records = progress.records;
      onProgress(progress);
    };
    try {
      await copyStream(stream, name, async () => {}, look);
      verified.push({ stream: name, paths, records });
    } catch (error) {
      if (stop?.aborted === true || !(error instanceof DaqError)) throw error;
      verified.push({ stream: name, paths, records, problem: error.message });
    }
  }
  return verified;
}

async function missingFiles(
  folder: string,
  { format: name, files, ledger }: OutputSummary,
): Promise<string[]> {
  const format = await loadFormat(name);
  const missing: string[] = [];
  for (const file of files) {
    const path = join(folder, basename(file.path));
    if (!(await isThere(path))) missing.push(`${path}: no such file.`);
    else if (file.streams.length > 0) missing.push(...((await format.missingParts?.(path)) ?? []));
  }
  return [...missing, ...(await missingLosses(folder, ledger.accounts))];
}

/** Lost ranges that are too many for the ledger stand in files of their own. */
function missingLosses(folder: string, accounts: readonly StreamAccount[]): Promise<string[]> {
  return missingOf(
    folder,
    accounts.flatMap(({ more }) => more?.file ?? []),
  );
}

async function missingOf(folder: string, names: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if (!(await isThere(path))) missing.push(`${path}: no such file.`);
  }
  return missing;
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
