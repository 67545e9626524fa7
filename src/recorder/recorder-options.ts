import { basename, dirname, join } from "node:path";
import type { FormatName, FormatOptions } from "../formats/contract.ts";
import type { Rotation } from "./rotation/rotation.ts";

/** One format of a run: where it goes and which streams it takes. */
export type OutputOptions = {
  readonly format: FormatName;
  /** The path with this format's extension; several streams make several files of it. */
  readonly path: string;
  readonly streams: readonly string[];
  readonly options: FormatOptions;
  /** Absent: one file, or one a stream, for the whole run. */
  readonly rotate?: Rotation;
};

/** All that a recorder needs to know; plain JSON, because it travels to another process and into the journal. */
export type RecorderOptions = {
  readonly ringPath: string;
  /** The recorder's name in the ring: two recorders on one ring have two names. */
  readonly name: string;
  /** Path of the run's index, `…run.json`; the journal stands beside it while the run goes on. */
  readonly indexPath: string;
  readonly outputs: readonly OutputOptions[];
  /** Names of files that others write beside the index, and that belong to the run. */
  readonly beside?: readonly string[];
  /** A checkpoint at least this often. */
  readonly flushIntervalMs: number;
  /** Records per batch of outputs whose options have no `chunkRows`; absent: about 4 MiB. */
  readonly chunkSize?: number;
  readonly durability: "process" | "power";
  /** Limits how fast files are written, in 10⁶ bytes per second. */
  readonly maxWriteMbPerS?: number;
};

export function journalPath(indexPath: string): string {
  return indexPath.replace(/(\.run\.json)?$/, ".journal.jsonl");
}

/** The file beside the data that is given back when the disk is full. */
export function ballastPath(indexPath: string): string {
  return join(dirname(indexPath), `.${basename(indexPath)}.ballast`);
}
