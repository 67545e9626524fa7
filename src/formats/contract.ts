import type { OpenSink } from "../bytes/byte-sink.ts";
import type { Batch } from "../model/batch.ts";
import type { Grid } from "../model/grid.ts";
import type { Ledger, LostRange, StreamAccount } from "../model/ledger.ts";
import type { Run, RunInfo } from "../model/run.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import type { StoredObject } from "../stores/contract.ts";

/** The formats that a configuration can name. */
export type FormatName = "arrow" | "csv" | "hdf5" | "jsonl" | "parquet" | "zarr";

export type FormatOptions = {
  /** One of the format's `compressions`. */
  readonly compression: string;
  /** Absent: the codec's own default. 0 is off. */
  readonly compressionLevel?: number;
  /** `power`: checkpoint() also flushes to the device. */
  readonly durability: "process" | "power";
  /** Records per chunk, as the user asked for; absent: chosen from the stream's shape. For formats that have chunks. */
  readonly chunkRows?: number;
  /** Programs read the file while it is written: structures are chosen for them where a format has a choice. */
  readonly live?: boolean;
  /** For Zarr only. */
  readonly zarr?: ZarrOptions;
  /** For Parquet only. */
  readonly parquet?: ParquetOptions;
};

export type ParquetOptions = {
  /** `plain`: for readers that do not know the newer encodings, such as fastparquet; absent: the smallest. */
  readonly encoding?: "smallest" | "plain";
};

export type ZarrOptions = {
  /** Version of the specification; absent: 3. */
  readonly zarrFormat?: 2 | 3;
  /** Chunks of a shard, which is one file; 1: each chunk is a file; absent: chosen. Version 3 only. */
  readonly shardChunks?: number;
  /** A CRC32C behind each chunk. Version 3 only. */
  readonly checksum?: boolean;
  /** Images also at a half, a quarter, … of their size. Version 3 only. */
  readonly pyramid?: boolean;
};

/** What a writer has put on disk at a checkpoint; JSON, opaque to all but the format that made it. */
export type WriterState = { readonly [key: string]: unknown };

/**
 * Writes the streams of one run in one format. Batches of one stream come in order. Calls are not concurrent, except
 * that `append` calls of *different* streams may overlap.
 */
export interface FormatWriter {
  /** The files this writer made, for messages and the index. */
  readonly files: readonly OutputFile[];
  /**
   * Resolves when the bytes are the writer's; the batch is *borrowed* until then. When it rejects, nothing of that
   * batch counts as stored, and `close` cuts the file back to the last batch that was complete.
   */
  append(batch: Batch): Promise<void>;
  /**
   * True where data waits for a whole chunk, or for a worker that compresses it, after `append` resolved. Then a call that
   * rejects takes back everything since the last checkpoint, and the writer is only good for `Symbol.asyncDispose`.
   */
  readonly storesAtCheckpoint?: true;
  /**
   * Like `append`, for a batch in memory that somebody may overwrite meanwhile (the ring's own). When the bytes are
   * written the writer asks `isIntact`; if that says no, it takes the batch back, and resolves to false: nothing of it
   * is stored. A writer without this method is given copies.
   */
  appendShared?(batch: Batch, isIntact: () => boolean): Promise<boolean>;
  /**
   * Everything appended before it survives `kill -9` (and, with `durability: "power"`, the machine's death). `known`: the
   * account as it is now, for a writer that finishes files while the run goes on.
   */
  checkpoint(known?: () => Ledger): Promise<WriterState>;
  /** Of a writer that finishes files while the run goes on: those that it still writes. Absent: all. */
  readonly openFiles?: readonly OutputFile[];
  /** What of each stream is in files that are finished: records before number `end`, `stored` of them. */
  readonly finished?: { readonly [stream: string]: { readonly end: number; readonly stored: number } };
  /**
   * Puts everything that was appended in its place, and then tells which records are not there, in order, though they
   * were stored: somebody removed a part of the output. They count as lost in the ledger that `close` is given after it.
   * `accounts`: what is known to be lost otherwise. Absent where the output has no parts that can go alone.
   */
  finish?(accounts: readonly StreamAccount[]): AsyncIterable<RemovedRecords>;
  /**
   * Finishes the files, with the ledger in them: complete, or rejects. Idempotent. After a failed `append` it still
   * makes the files readable up to the last complete batch.
   */
  close(ledger: Ledger): Promise<void>;
  /**
   * Before `close`, where a format can show a scan as arrays of its axes: adds them beside the rows. Nothing of it is kept
   * when the file is not closed. A writer without this method has the rows only.
   */
  addGrid?(grid: Grid): void;
  /** Lets go of all files as they are (as after a crash); used when the run is given up. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** `detail`: what became of them, as the ledger says it. */
export type RemovedRecords = Required<Pick<LostRange, "first" | "count" | "detail">> & {
  readonly stream: string;
};

export type OutputFile = {
  readonly path: string;
  /** Streams in this file; empty for sidecars. */
  readonly streams: readonly string[];
};

export type WriterTarget = {
  /** The output path as the user gave it, with this format's extension. */
  readonly path: string;
  readonly run: Run;
  readonly options: FormatOptions;
  readonly openSink: OpenSink;
};

/** What `daq inspect` shows of a file. */
export type FileSummary = {
  readonly path: string;
  readonly format: FormatName;
  readonly bytes: number;
  /** `complete`: closed. `unfinished`: still written, or left by a crash; `daq recover` finishes it. */
  readonly state: "complete" | "unfinished";
  readonly run?: RunInfo;
  readonly streams: readonly {
    readonly schema: StreamSchema;
    readonly records: number;
    readonly firstTimestampNs?: string;
    readonly lastTimestampNs?: string;
  }[];
  readonly ledger?: Ledger;
  /** Anything a person should know: a torn tail, a missing sidecar. */
  readonly notes: readonly string[];
};

/** What recovering a file on its own (without its journal) did. */
export type RecoveredFile = {
  readonly path: string;
  /** False: the file was complete already and is untouched. */
  readonly changed: boolean;
  /** Another program wrote it: nothing is known of its records, and it is untouched. */
  readonly isForeign?: boolean;
  readonly records: number;
  /** Bytes of a torn tail that were cut off. */
  readonly cutBytes: number;
  /** Records that are known to be missing; absent where the file does not tell. */
  readonly lost?: number;
};

/** One file format: a folder in `formats/`, a line in the registry. */
export interface Format {
  readonly name: FormatName;
  /** First is the default: ".arrow". A compressed variant may have its own. */
  readonly extensions: readonly string[];
  readonly compressions: readonly string[];
  readonly defaultCompression: string;
  /** True for each codec that takes a `compressionLevel` from 0 to the given number. */
  readonly maxCompressionLevel: { readonly [compression: string]: number };
  /** What this format cannot hold, as a sentence with the formats to use instead; undefined when it can. */
  refusal(stream: StreamSchema): string | undefined;
  /** What a person should know before a run with these options starts: a codec that readers need a plugin for. */
  notice?(options: FormatOptions): string | undefined;
  /** What a person should know before this stream is written: it can be held, but another format suits it better. */
  streamNotice?(stream: StreamSchema): string | undefined;
  /** The extension for these options: ".csv.gz" for CSV with gzip. */
  extension(options: FormatOptions): string;
  /** The files that `create` will make for `path` and these streams (sidecars included), in order. */
  plan(path: string, streams: readonly StreamSchema[]): readonly OutputFile[];
  /** Throws `DaqError("format")` for a stream that it refuses, `DaqError("path")` for a file that exists. */
  create(target: WriterTarget): Promise<FormatWriter>;
  /** Goes on after a crash: cuts each file to the state of the last checkpoint and appends there. */
  resume(target: WriterTarget, state: WriterState): Promise<FormatWriter>;
  /**
   * Removes what `create` made at a path for the run of this uid; what is anybody else's stays. Absent: the files of `plan`
   * are removed.
   */
  discard?(path: string, runUid: string): Promise<void>;
  inspect(path: string): Promise<FileSummary>;
  /**
   * What of a finished output is not there though it should be, a sentence each: parts that somebody deleted since. Reads no
   * data. `objects`: all that is in the output where only its metadata is on this machine. Absent where the output is one file.
   */
  missingParts?(path: string, objects?: AsyncIterable<StoredObject>): Promise<readonly string[]>;
  /**
   * All records of one stream of a finished file, in order; each batch is borrowed until the next one is asked for. In
   * memory is a batch, and what it is cut from: a record batch of Arrow, a row group of Parquet, a chunk of each column.
   * Throws `DaqError("format")` where the file is unfinished or damaged, and where another program wrote it in a way that
   * is not a table with a time for each record: none is invented.
   */
  read(path: string, stream: string): AsyncGenerator<Batch, void, void>;
  /** Makes a file readable that a crash left behind, from the file alone. */
  recover(path: string): Promise<RecoveredFile>;
}
