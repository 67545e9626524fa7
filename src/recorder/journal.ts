import { createReadStream } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { WriterState } from "../formats/contract.ts";
import { DaqError, systemCode, writeError } from "../model/errors.ts";
import type { LostRange } from "../model/ledger.ts";
import { toJson } from "../model/metadata.ts";
import { parseJson } from "../model/parse-json.ts";
import type { Run } from "../model/run.ts";
import { tryLock } from "../ring/posix.ts";
import { journalPath, type RecorderOptions } from "./recorder-options.ts";

/**
 * The journal of a run: a line when it starts, a line at each checkpoint, gone when the files are closed. It says
 * where each file is to be cut after a crash, and where in the ring to go on. Appending a line is the moment at which
 * a checkpoint counts; a torn last line counts as not written.
 */
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
  /** Losses since the line before. */
  readonly lost: { readonly [stream: string]: readonly LostRange[] };
};

export type CheckpointLine = {
  readonly cursor: number;
  readonly nextSequences: readonly number[];
  readonly outputs: readonly OutputCheckpoint[];
};

export type JournalContent = {
  readonly head: JournalHead;
  /** The last checkpoint, with the losses of all of them; undefined when the crash came before the first. */
  readonly last: CheckpointLine | undefined;
  readonly bytes: number;
};

export class Journal {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #power: boolean;
  #positionBytes: number;

  private constructor(path: string, handle: FileHandle, positionBytes: number, power: boolean) {
    this.path = path;
    this.#handle = handle;
    this.#positionBytes = positionBytes;
    this.#power = power;
  }

  static async create(head: JournalHead): Promise<Journal> {
    const path = journalPath(head.options.indexPath);
    const power = head.options.durability === "power";
    let handle: FileHandle;
    try {
      handle = await open(path, "wx+");
    } catch (error) {
      if (systemCode(error) === "EEXIST")
        throw new DaqError(
          "path",
          `${path} exists already: a run to this path goes on, or a crash left it.`,
          {
            hint: "Run `daq recover` on it, or choose another output_path.",
            cause: error,
          },
        );
      throw writeError(path, error);
    }
    const journal = new Journal(path, handle, 0, power);
    await lock(handle, path);
    await journal.#append({ ...head, options: withPaths(head.options, (file) => basename(file)) });
    return journal;
  }

  static async reopen(indexPath: string, content: JournalContent): Promise<Journal> {
    const path = journalPath(indexPath);
    const handle = await open(path, "r+");
    await lock(handle, path);
    await handle.truncate(content.bytes);
    return new Journal(path, handle, content.bytes, content.head.options.durability === "power");
  }

  async append(line: CheckpointLine): Promise<void> {
    await this.#append(line);
  }

  async #append(value: unknown): Promise<void> {
    const bytes = Buffer.from(`${toJson(value)}\n`);
    try {
      let done = 0;
      while (done < bytes.byteLength)
        done += (await this.#handle.write(bytes, done, bytes.byteLength - done, this.#positionBytes + done))
          .bytesWritten;
      if (this.#power) await this.#handle.datasync();
      this.#positionBytes += bytes.byteLength;
    } catch (error) {
      throw writeError(this.path, error);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** The run is in its files: the journal has done its work. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }
}

/** Who writes a run's files holds the lock of its journal; it ends with the process, however that ends. */
async function lock(handle: FileHandle, path: string): Promise<void> {
  if (tryLock(handle.fd)) return;
  await handle.close();
  throw new DaqError("path", `Another process is writing the files of ${path}.`, {
    hint: "The run goes on, or is being recovered: wait for that to end.",
  });
}

/**
 * Holds the lock of a journal while `work` changes the files of its run. Throws `DaqError("path")` when somebody else
 * does.
 */
export async function whileLocked<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const handle = await open(path, "r+");
  await lock(handle, path);
  try {
    return await work();
  } finally {
    await handle.close();
  }
}

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

function notJournal(path: string): DaqError {
  return new DaqError(
    "format",
    `${path} is not the journal of a run (or is empty: the crash came before the first record).`,
    { hint: "Recover the data files on their own: `daq recover FILE`." },
  );
}

/** A checkpoint behind the ones before it: it replaces them, but for the losses, which add up. */
function joined(before: CheckpointLine | undefined, line: CheckpointLine): CheckpointLine {
  if (before === undefined) return line;
  const outputs = line.outputs.map((output, index): OutputCheckpoint => {
    // Added in place: copying all ranges for each line would make a long run's journal slow to read.
    const lost = before.outputs[index]!.lost as Record<string, LostRange[]>;
    for (const [stream, ranges] of Object.entries(output.lost)) {
      lost[stream] ??= [];
      for (const range of ranges) lost[stream].push(range);
    }
    return { ...output, lost };
  });
  return { ...line, outputs };
}

/** The journal names files without their folder, so that a folder that was moved can still be recovered. */
function withPaths(options: RecorderOptions, change: (path: string) => string): RecorderOptions {
  return {
    ...options,
    indexPath: change(options.indexPath),
    outputs: options.outputs.map((output) => ({ ...output, path: change(output.path) })),
  };
}
