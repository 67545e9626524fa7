import { access, rm } from "node:fs/promises";
import type { Batch } from "../../model/batch.ts";
import { DaqError } from "../../model/errors.ts";
import type { Ledger } from "../../model/ledger.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { checkBatch } from "../check-batch.ts";
import type { FormatOptions, FormatWriter, OutputFile, WriterState, WriterTarget } from "../contract.ts";
import { extensionIn } from "../file-extension.ts";
import { headerLine } from "./fields.ts";
import { waitingTails } from "./gzip-tail.ts";
import { GzipTextFile } from "./gzip-text-file.ts";
import { PlainTextFile } from "./plain-text-file.ts";
import { gzipExtension, plainExtension, planFiles } from "./plan-files.ts";
import { RowEncoder } from "./row-encoder.ts";
import { openLedger, sidecarPath } from "./sidecar.ts";
import { writeSidecar } from "./sidecar-file.ts";
import type { TextFile } from "./text-file.ts";

/** On the text of numbers it was as fast as 1 and smaller; 6 took twice the time to save another 2 %. */
const defaultLevel = 4;

type StreamFile = {
  readonly stream: StreamSchema;
  readonly file: TextFile;
  readonly encoder: RowEncoder;
  records: number;
  finished: boolean;
};

/** Gzip level 0 is off. */
export function isCompressed(options: FormatOptions): boolean {
  return options.compression === "gzip" && options.compressionLevel !== 0;
}

class CsvWriter implements FormatWriter {
  readonly files: readonly OutputFile[];
  readonly #target: WriterTarget;
  readonly #streams: ReadonlyMap<string, StreamFile>;
  #state: "open" | "closed" | "given-up" = "open";

  constructor(target: WriterTarget, files: readonly OutputFile[], streams: readonly StreamFile[]) {
    this.files = files;
    this.#target = target;
    this.#streams = new Map(streams.map((entry) => [entry.stream.name, entry]));
  }

  async append(batch: Batch): Promise<void> {
    this.#checkOpen();
    const entry = this.#streams.get(batch.stream.name);
    if (entry === undefined)
      throw new DaqError(
        "format",
        `${this.#target.path}: a batch of stream ${batch.stream.name} came, which is not in this run.`,
        {
          hint: `Its streams are: ${[...this.#streams.keys()].join(", ")}.`,
        },
      );
    checkBatch(entry.stream, batch);
    if (batch.count === 0) return;
    await entry.file.append(entry.encoder.encode(batch));
    entry.records += batch.count;
  }

  async checkpoint(): Promise<WriterState> {
    this.#checkOpen();
    for (const { file } of this.#streams.values()) await file.checkpoint(this.#durable);
    return { version: 1, files: this.#fileStates() };
  }

  #fileStates(): readonly FileState[] {
    return [...this.#streams.values()].map(({ stream, file, records }) => ({
      stream: stream.name,
      bytes: file.completeBytes,
      records,
    }));
  }

  async close(ledger: Ledger): Promise<void> {
    if (this.#state === "closed") return;
    this.#checkOpen();
    // One file that cannot be finished must not keep the others from it.
    const results = await Promise.allSettled(
      [...this.#streams.values()].map((entry) => this.#closeFile(entry, ledger)),
    );
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    this.#state = "closed";
  }

  async #closeFile(entry: StreamFile, ledger: Ledger): Promise<void> {
    if (entry.finished) return;
    const { stream, file, records } = entry;
    await file.checkpoint(this.#durable);
    const accounts = ledger.accounts.filter((account) => account.stream === stream.name);
    await writeSidecar(
      file.path,
      {
        run: this.#target.run.info,
        stream,
        ledger: { ...ledger, accounts },
        closed: { bytes: file.completeBytes, records },
      },
      this.#target.openSink,
      this.#durable,
    );
    await file.close();
    entry.finished = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === "open") this.#state = "given-up";
    for (const { file } of this.#streams.values()) await file.close();
  }

  get #durable(): boolean {
    return this.#target.options.durability === "power";
  }

  #checkOpen(): void {
    if (this.#state === "open") return;
    throw new DaqError(
      "io",
      `${this.#target.path}: the writer was ${this.#state} before; nothing was written now.`,
      {
        hint: "Open the file again with `resume`, or write to another one.",
      },
    );
  }
}

type FileState = { readonly stream: string; readonly bytes: number; readonly records: number };

/** Makes all files with their header lines and sidecars; when one cannot be made, none of them stays. */
export async function createWriter(target: WriterTarget): Promise<FormatWriter> {
  const files = planTarget(target);
  for (const { path } of files) await refuseExisting(path);
  const made: string[] = [];
  const opened: StreamFile[] = [];
  try {
    for (const { path, stream } of dataFiles(files, target)) {
      const entry = await openFile(target, stream, path, undefined);
      made.push(path, sidecarPath(path));
      opened.push(entry);
      await entry.file.append({ form: "text", pieces: [Buffer.from(headerLine(stream))] });
      await describeOpen(target, entry);
    }
  } catch (error) {
    for (const { file } of opened) await file.close();
    for (const path of made) await rm(path, { force: true });
    throw error;
  }
  return new CsvWriter(target, files, opened);
}

/** Opens all files cut back to `state`. */
export async function resumeWriter(target: WriterTarget, state: WriterState): Promise<FormatWriter> {
  const files = planTarget(target);
  const states = parseState(target.path, state);
  const opened: StreamFile[] = [];
  try {
    for (const { path, stream } of dataFiles(files, target)) {
      const before = states.find((entry) => entry.stream === stream.name);
      if (before === undefined)
        throw new DaqError("format", `${target.path}: the checkpoint has no stream ${stream.name}.`, {
          hint: "Resume with the streams that the run was started with.",
        });
      const entry = await openFile(target, stream, path, before);
      opened.push(entry);
      await describeOpen(target, entry);
    }
  } catch (error) {
    for (const { file } of opened) await file.close();
    throw error;
  }
  return new CsvWriter(target, files, opened);
}

/** A reader decides by the extension whether a file is compressed. */
function planTarget({ path, options, run }: WriterTarget): readonly OutputFile[] {
  if ((extensionIn(path, [".gz"]) !== undefined) === isCompressed(options))
    return planFiles(path, run.streams);
  throw new DaqError(
    "path",
    `${path}: a file ${isCompressed(options) ? "with" : "without"} gzip cannot have this name.`,
    {
      hint: `Let the path end with ${isCompressed(options) ? gzipExtension : plainExtension}, or change storage.compression.`,
    },
  );
}

function dataFiles(files: readonly OutputFile[], { run }: WriterTarget) {
  const data = files.filter((file) => file.streams.length > 0);
  return run.streams.map((stream, index) => ({ stream, path: data[index]!.path }));
}

async function openFile(
  { openSink, options }: WriterTarget,
  stream: StreamSchema,
  path: string,
  state: FileState | undefined,
): Promise<StreamFile> {
  const sink = await openSink(path, state === undefined ? {} : { resumeAtBytes: state.bytes });
  const level = isCompressed(options) ? (options.compressionLevel ?? defaultLevel) : undefined;
  const file = level === undefined ? new PlainTextFile(sink) : new GzipTextFile(sink, level);
  const encoder = new RowEncoder(stream, level);
  return { stream, file, encoder, records: state?.records ?? 0, finished: false };
}

function describeOpen({ run, options, openSink }: WriterTarget, { stream, file }: StreamFile): Promise<void> {
  const sidecar = { run: run.info, stream, ledger: openLedger(stream) };
  return writeSidecar(file.path, sidecar, openSink, options.durability === "power");
}

async function refuseExisting(path: string): Promise<void> {
  // A new file of the same name would be taken for the one that a recovery was interrupted on.
  const found = (await exists(path)) ? path : (await waitingTails(path))[0]?.tail;
  if (found === undefined) return;
  throw new DaqError("path", `${found} exists already; existing files are never overwritten.`, {
    hint: "Choose another output_path, or put {version} into it, which counts up.",
  });
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

function parseState(path: string, state: WriterState): readonly FileState[] {
  const { version, files } = state;
  const isCount = (value: unknown) => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
  if (
    version !== 1 ||
    !Array.isArray(files) ||
    !files.every((file) => typeof file?.stream === "string" && isCount(file.bytes) && isCount(file.records))
  )
    throw new DaqError(
      "format",
      `${path}: the checkpoint to resume from was not written by this version for CSV.`,
      {
        hint: "Make the file readable with `daq recover` instead, and record into a new one.",
      },
    );
  return files;
}
