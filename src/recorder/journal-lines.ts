import { createReadStream } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { WriterState } from "../formats/contract.ts";
import { DaqError, systemCode } from "../model/errors.ts";
import { appendRange, type LostByReason, type LostRange, type RunEnding } from "../model/ledger.ts";
import { parseJson } from "../model/parse-json.ts";
import type { Run } from "../model/run.ts";
import type { RecorderOptions } from "./recorder-options.ts";

/** The first line. */
export type JournalHead = {
  readonly journal: 1;
  readonly ringUid: string;
  readonly options: RecorderOptions;
  readonly run: Run;
};

export type OutputCheckpoint = {
  /** Undefined for an output that failed before: it is not written any more. */
  readonly state?: WriterState;
  readonly failure?: string;
  readonly stored: { readonly [stream: string]: number };
  /** Losses since the line before, as far as the ledger holds them itself. */
  readonly lost: { readonly [stream: string]: readonly LostRange[] };
  /** All losses beyond, and how much of their file counts. */
  readonly more?: {
    readonly [stream: string]: {
      readonly ranges: number;
      readonly lost: LostByReason;
      readonly bytes: number;
    };
  };
};

/** Every further line: a checkpoint. */
export type CheckpointLine = {
  readonly cursor: number;
  readonly nextSequences: readonly number[];
  readonly outputs: readonly OutputCheckpoint[];
  /** How the run ended, once that has been read. */
  readonly ending?: RunEnding;
};

export type JournalContent = {
  readonly head: JournalHead;
  /** The last checkpoint, with the losses of all of them; undefined when the crash came before the first. */
  readonly last: CheckpointLine | undefined;
  readonly bytes: number;
};

/**
 * Reads a journal; undefined when there is none. Lines are joined as they are read, so that memory does not grow with
 * the length of the run. Throws `DaqError("format")` for one that is not a journal.
 */
export async function readJournal(path: string): Promise<JournalContent | undefined> {
  let head: JournalHead | undefined;
  let last: CheckpointLine | undefined;
  let bytes = 0;
  try {
    for await (const line of wholeLines(path)) {
      let value: unknown;
      try {
        value = parseJson(line.toString("utf8"));
      } catch {
        break; // Torn by a crash of the machine: this line and what follows do not count.
      }
      if (head === undefined) head = parseHead(path, value);
      else last = joined(last, value as CheckpointLine);
      bytes += line.byteLength + 1;
    }
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    if (error instanceof DaqError) throw error;
    throw new DaqError("io", `Reading ${path} failed: ${(error as Error).message}`, { cause: error });
  }
  if (head === undefined) throw notJournal(path);
  return { head, last, bytes };
}

/** The lines of a file that end, without their ends. */
async function* wholeLines(path: string): AsyncGenerator<Buffer, void, void> {
  let parts: Buffer[] = [];
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      yield Buffer.concat(parts);
      parts = [];
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
  }
}

function parseHead(path: string, value: unknown): JournalHead {
  const head = value as JournalHead | null;
  if (head?.journal !== 1 || head.options === undefined || head.run === undefined) throw notJournal(path);
  return { ...head, options: withPaths(head.options, (file) => join(dirname(path), basename(file))) };
}

/** The head as it is written: files without their folder, so that a folder that was moved can still be recovered. */
export function writtenHead(head: JournalHead): JournalHead {
  return { ...head, options: withPaths(head.options, (file) => basename(file)) };
}

function withPaths(options: RecorderOptions, change: (path: string) => string): RecorderOptions {
  return {
    ...options,
    indexPath: change(options.indexPath),
    outputs: options.outputs.map((output) => ({ ...output, path: change(output.path) })),
  };
}

function notJournal(path: string): DaqError {
  return new DaqError(
    "format",
    `${path} is not the journal of a run (or is empty: the crash came before the first record).`,
    { hint: "Recover the data files on their own: `daq recover FILE`." },
  );
}

/**
 * A checkpoint behind the ones before it: it replaces them, but for the losses, which add up. `before` is used up: its
 * lists of losses go on in the result.
 */
export function joined(before: CheckpointLine | undefined, line: CheckpointLine): CheckpointLine {
  const outputs = line.outputs.map((output, index): OutputCheckpoint => {
    // Added in place: copying all ranges for each line would make a long run's journal slow to read.
    const lost = (before?.outputs[index]?.lost ?? {}) as Record<string, LostRange[]>;
    for (const [stream, ranges] of Object.entries(output.lost)) {
      lost[stream] ??= [];
      for (const range of ranges) appendRange(lost[stream], range);
    }
    return { ...output, lost };
  });
  return { ...line, outputs };
}
