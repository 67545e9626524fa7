import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { FileSummary, Format } from "../formats/contract.ts";
import { formatOfPath, loadFormat } from "../formats/registry.ts";
import { unfinished } from "../formats/unreadable.ts";
import { DaqError } from "../model/errors.ts";
import type { Ledger, RunEnding, StreamAccount } from "../model/ledger.ts";
import type { RunInfo } from "../model/run.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { type RunEnd, type RunIndex, readRunIndex } from "./run-index.ts";

/** One stream, and the files that it is read from: several where the run has parts. */
export type SourceStream = {
  readonly schema: StreamSchema;
  readonly files: readonly { readonly path: string; readonly format: Format }[];
  readonly records: number;
  /** What the ledger says of it; undefined where there is none. */
  readonly account: StreamAccount | undefined;
};

/** A finished run, or a file of one. */
export type Source = {
  /** Undefined where another program wrote the file. */
  readonly info: RunInfo | undefined;
  readonly streams: readonly SourceStream[];
  /** Every account is complete. */
  readonly isAccounted: boolean;
  /** How its plan ended. */
  readonly ending: RunEnding | undefined;
  /** Of a run with an index. */
  readonly end?: RunEnd;
  readonly firstTimestampNs?: string;
  readonly notes: readonly string[];
};

/** `wanted`: names of streams; empty: all. Throws `DaqError("format")` for a file that is not finished. */
export async function openFile(path: string, wanted: readonly string[]): Promise<Source> {
  const format = await formatOfPath(path);
  const { run, ledger, streams: found, notes } = await look(path, format);
  checkNames(
    found.map(({ schema }) => schema),
    wanted,
  );
  const streams = found.filter(({ schema }) => isWanted(schema.name, wanted));
  const [first] = streams
    .map(({ firstTimestampNs }) => firstTimestampNs)
    .filter((time) => time !== undefined)
    .sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  return {
    info: run,
    streams: streams.map(({ schema, records }) => ({
      schema,
      files: [{ path, format }],
      records,
      account: ledger?.accounts.find(({ stream }) => stream === schema.name),
    })),
    isAccounted: run === undefined || ledger?.complete === true,
    ending: ledger?.ending,
    ...(first === undefined ? {} : { firstTimestampNs: first }),
    notes: notes.map((note) => `${basename(path)}: ${note}`),
  };
}

/** Each stream from the output that stored most of it. */
export async function openRun(indexPath: string, wanted: readonly string[]): Promise<Source> {
  const index = await readRunIndex(indexPath);
  checkNames(index.run.streams, wanted);
  const looks = new Map<string, FileSummary>();
  const streams: SourceStream[] = [];
  const ledgers = new Set<Ledger>();
  const notes: string[] = [];
  for (const schema of index.run.streams.filter(({ name }) => isWanted(name, wanted))) {
    const output = await outputOf(indexPath, index, schema.name);
    if (output === undefined) {
      notes.push(`Stream ${schema.name} is in no file of the run.`);
      continue;
    }
    let records = 0;
    for (const { path, format } of output.files) {
      const summary = looks.get(path) ?? (await look(path, format));
      looks.set(path, summary);
      records += summary.streams.find((stream) => stream.schema.name === schema.name)?.records ?? 0;
    }
    ledgers.add(output.ledger);
    const account = output.ledger.accounts.find(({ stream }) => stream === schema.name);
    streams.push({ schema, files: output.files, records, account });
  }
  for (const [path, summary] of looks)
    notes.push(...summary.notes.map((note) => `${basename(path)}: ${note}`));
  return {
    info: index.run.info,
    streams,
    isAccounted: [...ledgers].every(({ complete }) => complete),
    ending: [...ledgers].find(({ ending }) => ending !== undefined)?.ending,
    end: index.end,
    notes,
  };
}

type SourceOutput = Pick<SourceStream, "files"> & { readonly ledger: Ledger; readonly stored: number };

async function outputOf(
  indexPath: string,
  index: RunIndex,
  stream: string,
): Promise<SourceOutput | undefined> {
  const found: SourceOutput[] = [];
  for (const { format: name, files, ledger } of index.outputs) {
    const format = await loadFormat(name);
    const own = files
      .filter(({ streams }) => streams.includes(stream))
      .map(({ path }) => ({ path: join(dirname(indexPath), basename(path)), format }));
    const stored = ledger.accounts.find((account) => account.stream === stream)?.stored ?? 0;
    if (own.length > 0) found.push({ files: own, ledger, stored });
  }
  found.sort((a, b) => b.stored - a.stored);
  let missing: string | undefined;
  for (const output of found) {
    const gone = await firstMissing(output.files);
    if (gone === undefined) return output;
    missing ??= gone;
  }
  if (missing === undefined) return undefined;
  throw new DaqError(
    "path",
    `${missing}: no such file; the index ${indexPath} says that it holds ${stream}.`,
    {
      hint: "Put the files of the run into one folder again, or name the streams to convert with --stream.",
    },
  );
}

async function firstMissing(files: SourceStream["files"]): Promise<string | undefined> {
  for (const { path } of files) if ((await stat(path).catch(() => undefined)) === undefined) return path;
  return undefined;
}

async function look(path: string, format: Format): Promise<FileSummary> {
  const summary = await format.inspect(path);
  if (summary.state !== "complete") throw unfinished(path);
  return summary;
}

/** Whether a stream is among those that are asked for, which are all where none is named. */
function isWanted(name: string, wanted: readonly string[]): boolean {
  return wanted.length === 0 || wanted.includes(name);
}

/** Throws `DaqError("usage")` for a name that is not there. */
function checkNames(schemas: readonly StreamSchema[], wanted: readonly string[]): void {
  const known = schemas.map(({ name }) => name);
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new DaqError("usage", `There is no stream "${unknown}".`, {
      hint: `The streams are: ${known.join(", ")}.`,
    });
}
