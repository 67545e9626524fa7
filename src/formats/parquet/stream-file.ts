import type { ByteSink } from "../../bytes/byte-sink.ts";
import { sharedPool, type WorkerPool } from "../../bytes/pool/worker-pool.ts";
import type { Batch } from "../../model/batch.ts";
import { DaqError } from "../../model/errors.ts";
import type { Ledger } from "../../model/ledger.ts";
import type { RunInfo } from "../../model/run.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { checkBatch } from "../check-batch.ts";
import type { FormatOptions } from "../contract.ts";
import { ColumnEncoder, candidateEncodings } from "./column-encoder.ts";
import { type ColumnLayout, columnLayouts, type IndexColumns } from "./column-layout.ts";
import { fileMetadata } from "./file-metadata.ts";
import { encodeFooter } from "./footer.ts";
import { encodeFrame, frameHeaderBytes } from "./frame.ts";
import { openingNote } from "./opening.ts";
import { type PageCodec, pageCodecOf } from "./page-codec.ts";
import { PageEncoder } from "./page-encoder.ts";
import type { PageRecords } from "./page-records.ts";
import { type ColumnRecords, PageRows, rowsOf } from "./page-rows.ts";
import { encodeRowGroup } from "./row-group.ts";
import { joinedSpans, type SequenceSpan, spanOf } from "./sequence-span.ts";
import { sizesOf } from "./sizes.ts";
import { SlabShelf, Slabs } from "./slabs.ts";
import type { TailExtent, TailFile } from "./tail-file.ts";
import { encodeRowsFrame, encodeSetFrame, type SpannedSet, type TailContents } from "./tail-frames.ts";
import { magic } from "./words.ts";

export type ParquetStreamOptions = {
  readonly stream: StreamSchema;
  readonly info: RunInfo;
  readonly options: FormatOptions;
  readonly tail: TailFile;
  /** Default `full`. */
  readonly index?: IndexColumns;
  /** What a row group takes in memory before it is encoded; default 64 MiB, without a codec 16 MiB. */
  readonly rowGroupBytes?: number;
};

/** What is in a file already, when writing goes on after a crash. */
export type StoredRowGroups = {
  readonly rowGroups: readonly Uint8Array[];
  readonly records: number;
  readonly tail?: TailContents;
};

/** How far a file is complete. `records` are those of the row groups and of the tail. */
export type StoredExtent = {
  readonly bytes: number;
  readonly rowGroups: number;
  readonly records: number;
  readonly tail?: TailExtent;
};

/** So much of a row group is written at once, and makes room for the next one then; with less, the disk waits for this thread. */
const writtenBytes = 16 << 20;

/** A row group that is being filled. */
type OpenRowGroup = {
  readonly index: number;
  readonly slabs: Slabs;
  readonly sets: Promise<SpannedSet>[];
  rows: number;
};

/**
 * Writes one stream to one sink as a Parquet file. Pages are encoded by the workers; a row group is written when it is
 * full, while the next one is filled: memory is that of two row groups at most. At a checkpoint the records that are
 * not written yet go to the tail. Calls are not concurrent. After a failure everything since the last checkpoint is
 * taken back by resuming there; the file is then only good for `release`.
 */
export class ParquetStreamFile {
  readonly pageRows: number;
  readonly rowGroupRows: number;
  readonly #sink: ByteSink;
  readonly #options: ParquetStreamOptions;
  readonly #layouts: readonly ColumnLayout[];
  readonly #codec: PageCodec;
  readonly #columns: readonly ColumnEncoder[];
  readonly #setsAtWork: number;
  readonly #shelf: SlabShelf;
  readonly #kept = new Set<Slabs>();
  readonly #page: PageRows;
  readonly #rowGroups: Uint8Array[];
  #group: OpenRowGroup;
  #writing: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;
  /** In row groups that are written. */
  #writtenRecords: number;
  #completeBytes: number;
  /** Which row group the tail is of, and what of it is there. */
  #tailed: { readonly index: number; sets: number; rows: number } | undefined;
  #state: "open" | "closed" | "released" = "open";

  private constructor(
    sink: ByteSink,
    options: ParquetStreamOptions,
    stored: StoredRowGroups,
    pool: WorkerPool,
  ) {
    this.#sink = sink;
    this.#shelf = new SlabShelf(pool);
    this.#options = options;
    this.#layouts = columnLayouts(options.stream, options.index ?? "full");
    this.#codec = pageCodecOf(options.options);
    const encoder = new PageEncoder(this.#codec);
    const isPlain = options.options.parquet?.encoding === "plain";
    const resumedGroup = stored.tail === undefined ? undefined : stored.rowGroups.length;
    this.#columns = this.#layouts.map(
      (layout) =>
        new ColumnEncoder(layout, encoder, candidateEncodings(layout, this.#codec, isPlain), resumedGroup),
    );
    const { pageRows, rowGroupRows, setsAtWork } = sizesOf(this.#layouts, this.#codec, {
      chunkRows: options.options.chunkRows,
      rowGroupBytes: options.rowGroupBytes,
    });
    this.pageRows = pageRows;
    this.rowGroupRows = rowGroupRows;
    this.#setsAtWork = setsAtWork;
    this.#page = new PageRows(this.#layouts, this.pageRows);
    this.#rowGroups = [...stored.rowGroups];
    this.#writtenRecords = stored.records;
    this.#completeBytes = sink.positionBytes;
    this.#group = this.#newGroup();
    if (stored.tail !== undefined) this.#takeTail(stored.tail);
  }

  /** Starts a file on an empty sink. The sink and the tail are closed by `close` or `release`. */
  static async create(sink: ByteSink, options: ParquetStreamOptions): Promise<ParquetStreamFile> {
    // Now rather than with the first page: what keeps workers from starting is told before anything is recorded.
    const pool = await sharedPool();
    const file = new ParquetStreamFile(sink, options, { rowGroups: [], records: 0 }, pool);
    const { stream, info, index = "full" } = options;
    const encoding = options.options.parquet?.encoding ?? "smallest";
    const note = openingNote({ stream, info, index, codec: file.#codec.codec, encoding });
    await sink.writeAll([magic, ...encodeFrame({ kind: "opening", index: 0, rows: 0, data: [], note })]);
    file.#completeBytes = sink.positionBytes;
    return file;
  }

  /** Goes on in a file whose sink stands right behind the last of `stored.rowGroups`; the tail has been resumed. */
  static async resume(
    sink: ByteSink,
    options: ParquetStreamOptions,
    stored: StoredRowGroups,
  ): Promise<ParquetStreamFile> {
    return new ParquetStreamFile(sink, options, stored, await sharedPool());
  }

  get path(): string {
    return this.#sink.path;
  }

  /** The batch is borrowed until the promise settles. */
  async append(batch: Batch): Promise<void> {
    this.#mustBeOpen();
    checkBatch(this.#options.stream, batch);
    await this.#guard(() => this.#append(this.#columnsOf(batch), batch.count));
  }

  #columnsOf({ timestampsNs, sequences, columns }: Batch): readonly ColumnRecords[] {
    if (this.#options.index === "none") return columns;
    return [{ bytes: bytesOf(timestampsNs) }, { bytes: bytesOf(sequences) }, ...columns];
  }

  async #append(columns: readonly ColumnRecords[], count: number): Promise<void> {
    for (let row = 0; row < count; ) {
      const left = count - row;
      // Whole pages are taken from where they are.
      if (this.#page.rows === 0 && left >= this.pageRows) {
        const from = row;
        await this.#startPages(
          this.#layouts.map((layout, at) => rowsOf(layout, columns[at]!, from, this.pageRows)),
        );
        row += this.pageRows;
        continue;
      }
      const rows = Math.min(left, this.pageRows - this.#page.rows);
      this.#page.add(columns, row, rows);
      row += rows;
      if (this.#page.rows === this.pageRows) await this.#startPage();
    }
  }

  async #startPage(): Promise<void> {
    await this.#startPages(this.#page.records());
    this.#page.clear();
    if (this.#tailed !== undefined) this.#tailed.rows = 0;
  }

  /** Resolves when the records are copied. */
  async #startPages(records: readonly PageRecords[]): Promise<void> {
    const group = this.#group;
    await group.sets.at(-this.#setsAtWork);
    const rows = records[0]!.rows;
    const started = [];
    for (const [at, column] of this.#columns.entries())
      started.push((await column.start(group.index, records[at]!, group.slabs)).page);
    const span = this.#spanOf(records);
    const set = Promise.all(started).then((pages): SpannedSet => ({ set: { rows, pages }, span }));
    set.catch(() => undefined); // Whoever writes the row group hears of it.
    group.sets.push(set);
    group.rows += rows;
    if (group.rows >= this.rowGroupRows) await this.#finishGroup();
  }

  #spanOf(records: readonly PageRecords[]): SequenceSpan | undefined {
    if (this.#options.index === "none") return undefined;
    const { bytes, rows } = records[1]!;
    return spanOf(new BigInt64Array(bytes.buffer, bytes.byteOffset, rows), rows);
  }

  /** Begins to write the row group; at most one is being written while another one is filled. */
  async #finishGroup(): Promise<void> {
    await this.#writing;
    const group = this.#group;
    this.#writing = this.#write(group);
    this.#writing.catch((error: unknown) => {
      this.#failure ??= { error };
    });
    this.#group = this.#newGroup(group.index + 1);
  }

  async #write({ index, slabs, sets }: OpenRowGroup): Promise<void> {
    const spanned = await Promise.all(sets);
    const start = this.#completeBytes + frameHeaderBytes;
    const pageSets = spanned.map(({ set }) => set);
    const encoded = encodeRowGroup(this.#layouts, this.#codec, pageSets, start);
    const { rows, data, meta, structureCrc: dataCrc } = encoded;
    const span = spanned.reduce<SequenceSpan | undefined>(
      (all, each) => joinedSpans(all, each.span),
      undefined,
    );
    const note = span === undefined ? "" : JSON.stringify(span);
    const frame = encodeFrame({ kind: "row-group", index, rows, data, meta, note, dataCrc });
    for (const part of partsOf(frame, writtenBytes)) {
      await this.#sink.writeAll(part);
      slabs.releaseWritten(part);
    }
    this.#completeBytes = this.#sink.positionBytes;
    this.#writtenRecords += rows;
    this.#rowGroups.push(meta);
    slabs.release();
    this.#kept.delete(slabs);
  }

  #newGroup(index = this.#rowGroups.length): OpenRowGroup {
    const slabs = new Slabs(this.#shelf);
    this.#kept.add(slabs);
    return { index, slabs, sets: [], rows: 0 };
  }

  #takeTail({ sets, rows }: TailContents): void {
    for (const set of sets) {
      this.#group.sets.push(Promise.resolve(set));
      this.#group.rows += set.set.rows;
    }
    for (const part of rows) this.#page.add(part.columns, 0, part.rows);
    this.#tailed = { index: this.#group.index, sets: sets.length, rows: this.#page.rows };
  }

  /** Row groups are in the file, other records in the tail, in the hands of the operating system; with `power`, on the device. */
  checkpoint(): Promise<StoredExtent> {
    return this.#guard(async () => {
      await this.#writing;
      const group = this.#group;
      const hasTail = group.rows + this.#page.rows > 0;
      if (hasTail) await this.#writeTail(group);
      if (this.#options.options.durability === "power") {
        if (hasTail) await this.#options.tail.flush();
        await this.#sink.flush();
      }
      return {
        bytes: this.#completeBytes,
        rowGroups: this.#rowGroups.length,
        records: this.#writtenRecords + group.rows + this.#page.rows,
        ...(hasTail ? { tail: this.#options.tail.extent } : {}),
      };
    });
  }

  /** Adds to the tail what it lacks of the row group that is being filled. */
  async #writeTail({ index, sets }: OpenRowGroup): Promise<void> {
    const { tail } = this.#options;
    if (this.#tailed?.index !== index) {
      await tail.begin();
      this.#tailed = { index, sets: 0, rows: 0 };
    }
    const tailed = this.#tailed;
    const complete = await Promise.all(sets.slice(tailed.sets));
    for (const set of complete) await tail.write(encodeSetFrame(index, set));
    tailed.sets = sets.length;
    if (this.#page.rows === tailed.rows) return;
    await tail.write(encodeRowsFrame(index, this.#layouts, this.#page.records(tailed.rows)));
    tailed.rows = this.#page.rows;
  }

  /** Writes what is left as the last row group, then the footer with the ledger, and removes the tail. */
  async close(ledger: Ledger): Promise<void> {
    if (this.#state === "closed") return;
    await this.#guard(async () => {
      if (this.#page.rows > 0) await this.#startPage();
      if (this.#group.rows > 0) await this.#finishGroup();
      await this.#writing;
      const { stream, info, options, tail } = this.#options;
      const footer = encodeFooter({
        layouts: this.#layouts,
        rows: this.#writtenRecords,
        rowGroups: this.#rowGroups,
        metadata: fileMetadata(stream, info, ledger),
        createdBy: `${info.software.name} version ${info.software.version}`,
      });
      await this.#sink.writeAll(footer);
      if (options.durability === "power") await this.#sink.flush();
      await this.#sink.close();
      await this.#releaseMemory();
      this.#state = "closed";
      await tail.remove();
    });
  }

  /** Lets go of the files as they are. */
  async release(): Promise<void> {
    if (this.#state === "open") this.#state = "released";
    // Nothing is written to a file that was let go.
    await Promise.allSettled([this.#writing, ...this.#group.sets]);
    await this.#releaseMemory();
    await this.#options.tail.close();
    await this.#sink.close();
  }

  /** When nothing is at work any more. */
  async #releaseMemory(): Promise<void> {
    await Promise.all(this.#columns.map((column) => column.release()));
    for (const slabs of this.#kept) slabs.release();
    this.#kept.clear();
  }

  #mustBeOpen(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#state === "open") return;
    throw new DaqError("format", `${this.path} is written to after it was ${this.#state}.`, {
      hint: "The program that writes has to be corrected.",
    });
  }

  async #guard<T>(action: () => Promise<T>): Promise<T> {
    this.#mustBeOpen();
    try {
      return await action();
    } catch (error) {
      this.#failure ??= { error };
      throw this.#failure.error;
    }
  }
}

/** The pieces in parts of about `bytes`. */
function partsOf(pieces: readonly Uint8Array[], bytes: number): Uint8Array[][] {
  const parts: Uint8Array[][] = [[]];
  let filled = 0;
  for (const piece of pieces) {
    if (filled >= bytes) {
      parts.push([]);
      filled = 0;
    }
    parts.at(-1)!.push(piece);
    filled += piece.byteLength;
  }
  return parts;
}

function bytesOf(values: BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
