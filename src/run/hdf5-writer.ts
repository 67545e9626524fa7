import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { dirname, resolve } from "node:path";
import { systemClock } from "../devices/system-clock.ts";
import { softwareVersion } from "../formats/software-version.ts";
import { DaqError } from "../model/errors.ts";
import { isLossless, type Ledger } from "../model/ledger.ts";
import type { Metadata } from "../model/metadata.ts";
import { makeFolder } from "../recorder/planned-files.ts";
import { Recorder } from "../recorder/recorder.ts";
import type { RingWriter } from "../ring/ring-writer.ts";
import type { CompressionType } from "./comedi-stream-writer.ts";

export type Hdf5WriterOptions = {
  readonly compression?: CompressionType;
  readonly compressionLevel?: number;
  /** Records per chunk; absent: chosen from each stream's shape. */
  readonly chunkRows?: number;
  /** Other programs read the file while it is written. */
  readonly live?: boolean;
  readonly flushIntervalMs?: number;
  readonly durability?: "process" | "power";
  /** Goes into the file, unless the ring describes its run already. */
  readonly experiment?: Metadata;
};

export type Hdf5WriterResult = {
  readonly path: string;
  readonly ledger: Ledger;
  /** Every record that was produced is in the file. */
  readonly isLossless: boolean;
};

/** Writes what comes through a ring into one HDF5 file, in this process. */
export class Hdf5Writer {
  readonly path: string;
  readonly #ring: RingWriter;
  readonly #options: Hdf5WriterOptions;
  #running: Promise<Hdf5WriterResult> | undefined;

  private constructor(path: string, ring: RingWriter, options: Hdf5WriterOptions) {
    this.path = path;
    this.#ring = ring;
    this.#options = options;
  }

  /** Nothing is opened yet: `run` does that, when the ring's streams are declared. */
  static create(path: string, ring: RingWriter, options: Hdf5WriterOptions = {}): Hdf5Writer {
    return new Hdf5Writer(resolve(path), ring, options);
  }

  /** Resolves when the ring was closed, everything in it is stored, and the file is closed. Rejects on failure. */
  run(): Promise<Hdf5WriterResult> {
    this.#running ??= this.#record();
    return this.#running;
  }

  /** Ends the ring, stores what is in it, and resolves as `run` does. */
  async stop(): Promise<Hdf5WriterResult> {
    const running = this.run();
    this.#ring.close();
    return running;
  }

  async #record(): Promise<Hdf5WriterResult> {
    const { compression, compressionLevel, chunkRows, live, durability = "process" } = this.#options;
    if (this.#ring.streamNames.length === 0)
      throw new DaqError("ring", `${this.#ring.path} has no stream yet.`, {
        hint: "Declare the streams with openStream before the writer runs: its file is made for them.",
      });
    if (!this.#ring.isDescribed) this.#describe();
    const indexPath = `${this.path.replace(/\.[^./]+$/, "")}.run.json`;
    await makeFolder(dirname(indexPath));
    const recorder = await Recorder.open({
      ringPath: this.#ring.path,
      name: "hdf5-writer",
      indexPath,
      outputs: [
        {
          format: "hdf5",
          path: this.path,
          streams: this.#ring.streamNames,
          options: {
            compression: compression ?? "gzip",
            ...(compressionLevel === undefined ? {} : { compressionLevel }),
            ...(chunkRows === undefined ? {} : { chunkRows }),
            ...(live === undefined ? {} : { live }),
            durability,
          },
        },
      ],
      flushIntervalMs: this.#options.flushIntervalMs ?? 1000,
      durability,
    });
    const { index, failure } = await recorder.run();
    if (failure !== undefined) throw failure;
    const { ledger } = index.outputs[0]!;
    return { path: this.path, ledger, isLossless: isLossless(ledger) };
  }

  #describe(): void {
    this.#ring.describeRun({
      uid: randomBytes(16).toString("hex"),
      startedAtNs: `${systemClock.nowNs()}`,
      experiment: this.#options.experiment ?? {},
      host: hostname(),
      software: { name: "daq-storage", version: softwareVersion() },
      devices: [],
    });
  }
}
