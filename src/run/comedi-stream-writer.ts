import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { basename, dirname, resolve } from "node:path";
import { systemClock } from "../devices/system-clock.ts";
import type { FormatName } from "../formats/contract.ts";
import { extensionIn } from "../formats/file-extension.ts";
import { loadFormat } from "../formats/registry.ts";
import { softwareVersion } from "../formats/software-version.ts";
import { DaqError } from "../model/errors.ts";
import type { Ledger } from "../model/ledger.ts";
import type { Metadata } from "../model/metadata.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { makeFolder } from "../recorder/planned-files.ts";
import type { OutputOptions } from "../recorder/recorder-options.ts";
import { RecorderProcess } from "../recorder/recorder-process.ts";
import { defaultRingPath } from "../ring/ring-place.ts";
import type { RingStream } from "../ring/ring-stream.ts";
import { RingWriter } from "../ring/ring-writer.ts";
import { type ChannelConfig, channelColumn, checkChannels, type StoredSamples } from "./comedi-channels.ts";
import { ScanColumns, type Scans } from "./scan-columns.ts";

/** `both`: an HDF5 file and an Arrow file; when one fails, the other goes on. */
export type StorageFormat = "hdf5" | "arrow" | "both";

/** The names of the guide, and what the formats have besides. A format that lacks one is written without compression. */
export type CompressionType = "none" | "gzip" | "lz4" | "zstd" | (string & {});

export type ComediStreamWriterOptions = {
  /** "data.h5", or "data.arrow"; with `both`, the other file stands beside it with its own extension. */
  readonly outputPath: string;
  readonly channels: readonly ChannelConfig[];
  /** Scans per second: each channel is sampled this often. */
  readonly sampleRateHz: number;
  readonly storageFormat?: StorageFormat;
  readonly compression?: CompressionType;
  readonly compressionLevel?: number;
  /** Absent: volts. */
  readonly stored?: StoredSamples;
  /** The card's largest count; absent: 65535 (16 bit). */
  readonly maxData?: number;
  /** Name of the stream; absent: "adc". */
  readonly name?: string;
  /** Goes into every file. */
  readonly experiment?: Metadata;
  /** Absent: 64 MiB, and the ring waits for the recorder. */
  readonly ringSizeMb?: number;
  readonly flushIntervalMs?: number;
  readonly durability?: "process" | "power";
};

export type ComediResult = {
  readonly files: readonly string[];
  /** What each file holds, by format. */
  readonly ledgers: { readonly [format: string]: Ledger };
  /** A format that failed while the other went on. */
  readonly failures: { readonly [format: string]: string };
};

const mebibyte = 2 ** 20;
const extensions: Readonly<Record<"hdf5" | "arrow", string>> = { hdf5: ".h5", arrow: ".arrow" };

/**
 * Stores the samples of a converter card: interleaved scans go through a ring into a recorder process, so that a slow disk
 * does not hold the acquisition up and a crash of it loses nothing that was handed over.
 */
export class ComediStreamWriter {
  readonly #ring: RingWriter;
  readonly #stream: RingStream;
  readonly #recorder: RecorderProcess;
  readonly #scans: ScanColumns;
  /** Calls that were not awaited come one after the other all the same. */
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<ComediResult> | undefined;

  private constructor(ring: RingWriter, stream: RingStream, recorder: RecorderProcess, scans: ScanColumns) {
    this.#ring = ring;
    this.#stream = stream;
    this.#recorder = recorder;
    this.#scans = scans;
  }

  /** Opens the files. Throws `DaqError` for options that make no sense, and for files that exist. */
  static async create(options: ComediStreamWriterOptions): Promise<ComediStreamWriter> {
    const { channels, sampleRateHz, stored = "volts", maxData = 0xffff, name = "adc" } = options;
    checkChannels(channels, maxData);
    if (!(Number.isFinite(sampleRateHz) && sampleRateHz > 0))
      throw new DaqError(
        "config",
        `sampleRateHz is ${sampleRateHz}; a positive number of scans per second was expected.`,
        {
          hint: "It is the rate of each channel, not of all together.",
        },
      );
    const outputs = await outputsOf(options, name);
    const schema: StreamSchema = {
      name,
      kind: "table",
      columns: channels.map((channel) => channelColumn(channel, stored, maxData)),
      source: "comedi",
      clock: "system",
      rateHz: sampleRateHz,
    };
    const uid = randomBytes(16).toString("hex");
    const indexPath = `${withoutExtension(resolve(options.outputPath))}.run.json`;
    await makeFolder(dirname(indexPath));
    const ring = RingWriter.create(defaultRingPath(uid), {
      sizeBytes: (options.ringSizeMb ?? 64) * mebibyte,
      overflow: "block",
      runUid: uid,
    });
    try {
      ring.describeRun({
        uid,
        startedAtNs: `${systemClock.nowNs()}`,
        experiment: options.experiment ?? { name: basename(withoutExtension(options.outputPath)) },
        host: hostname(),
        software: { name: "daq-storage", version: softwareVersion() },
        devices: [{ id: name, driver: "comedi", settings: settingsOf(options) }],
      });
      const stream = ring.openStream(schema);
      const durability = options.durability ?? "process";
      const recorder = new RecorderProcess({
        ringPath: ring.path,
        name: "recorder",
        indexPath,
        outputs: outputs.map((output) => ({ ...output, options: { ...output.options, durability } })),
        flushIntervalMs: options.flushIntervalMs ?? 1000,
        durability,
      });
      await recorder.ready;
      ring.noteIndex(indexPath);
      return new ComediStreamWriter(ring, stream, recorder, new ScanColumns(channels, stored, maxData));
    } catch (error) {
      ring.remove();
      throw error;
    }
  }

  /**
   * Takes whole scans, interleaved as the card gives them: the first samples of all channels, then the second ones.
   * `timestampNs`: of the first scan, UTC; absent: now. Copies; resolves when the samples are in the ring, which the
   * recorder process empties, and waits while it is full. Rejects, and stores nothing of the call, when a value is out of
   * its channel's range by more than a count; not-a-number is stored as it is.
   */
  write(scans: Scans, timestampNs: bigint = systemClock.nowNs()): Promise<void> {
    if (this.#closing !== undefined)
      return Promise.reject(
        new DaqError("device", "Scans were written after the writer was closed.", {
          hint: "Close it when the card has stopped.",
        }),
      );
    const written = this.#last.then(() => this.#write(scans, timestampNs));
    this.#last = written.catch(() => undefined);
    return written;
  }

  async #write(scans: Scans, timestampNs: bigint): Promise<void> {
    const count = this.#scans.countOf(scans);
    if (count === 0) return;
    const reservation = await this.#stream.reserve(count);
    this.#scans.fill(scans, reservation.columns);
    reservation.commit(timestampNs);
  }

  /** Says that the card lost scans here (a buffer that ran over). */
  async lose(scans: number, detail: string): Promise<void> {
    await this.#stream.lose(scans, "device", detail);
  }

  /**
   * Stores what is in the ring and closes the files. Resolves with what each holds, also where one format failed and the
   * other did not; rejects when nothing could be stored. Idempotent.
   */
  close(): Promise<ComediResult> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #finish(): Promise<ComediResult> {
    await this.#last;
    this.#ring.close();
    this.#recorder.expectEnd();
    const { index, error } = await this.#recorder.outcome;
    const failed = index.outputs.filter(({ failure }) => failure !== undefined);
    if (failed.length === index.outputs.length && error !== undefined) throw error;
    if (index.end !== "failed") this.#ring.remove();
    const folder = dirname(this.#recorder.options.indexPath);
    return {
      files: index.outputs.flatMap(({ files }) =>
        files.filter(({ streams }) => streams.length > 0).map(({ path }) => resolve(folder, path)),
      ),
      ledgers: Object.fromEntries(index.outputs.map(({ format, ledger }) => [format, ledger])),
      failures: Object.fromEntries(failed.map(({ format, failure }) => [format, failure!])),
    };
  }
}

function withoutExtension(path: string): string {
  return path.replace(/\.(h5|hdf5|nxs|arrow)$/i, "");
}

function settingsOf({ channels, sampleRateHz, maxData }: ComediStreamWriterOptions): Metadata {
  return {
    sample_rate_hz: sampleRateHz,
    ...(maxData === undefined ? {} : { max_data: maxData }),
    channels: channels.map(({ index, name, minVolts, maxVolts }) => ({
      index,
      name,
      min_volts: minVolts,
      max_volts: maxVolts,
    })),
  };
}

/** Each format's path and compression; a compression that a format does not have is none there, if another has it. */
async function outputsOf(
  { outputPath, storageFormat, compression, compressionLevel }: ComediStreamWriterOptions,
  stream: string,
): Promise<readonly OutputOptions[]> {
  const names = formatsOf(outputPath, storageFormat);
  const formats = await Promise.all(names.map(loadFormat));
  const wanted = compression;
  if (wanted !== undefined && !formats.some(({ compressions }) => compressions.includes(wanted)))
    throw new DaqError("config", `Compression "${wanted}" is not known to ${names.join(" or ")}.`, {
      hint: `Choose from: ${[...new Set(formats.flatMap(({ compressions }) => compressions))].join(", ")}.`,
    });
  return formats.map((format, index) => {
    const has = wanted !== undefined && format.compressions.includes(wanted);
    const chosen = has ? wanted : format.defaultCompression;
    const takesLevel = compressionLevel !== undefined && Object.hasOwn(format.maxCompressionLevel, chosen);
    const stem = withoutExtension(resolve(outputPath));
    const isGiven = names.length === 1 && extensionIn(outputPath, format.extensions) !== undefined;
    return {
      format: format.name,
      path: isGiven ? resolve(outputPath) : `${stem}${extensions[names[index]!]}`,
      streams: [stream],
      options: {
        compression: chosen,
        ...(takesLevel ? { compressionLevel } : {}),
        durability: "process",
      },
    };
  });
}

function formatsOf(outputPath: string, format: StorageFormat | undefined): readonly ("hdf5" | "arrow")[] {
  switch (format) {
    case "both":
      return ["hdf5", "arrow"];
    case "hdf5":
    case "arrow":
      return [format];
    case undefined:
      return [extensionIn(outputPath, [".arrow"]) === undefined ? "hdf5" : "arrow"];
    default: {
      const known: readonly FormatName[] = ["hdf5", "arrow"];
      throw new DaqError("config", `storageFormat is ${JSON.stringify(format)}.`, {
        hint: `Choose from: ${known.join(", ")}, both.`,
      });
    }
  }
}
