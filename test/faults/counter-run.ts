import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import FileSystemStore from "@zarrita/storage/fs";
import * as zarr from "zarrita";
import { ArrowReader } from "../../src/formats/arrow/read.ts";
import { readRows } from "../../src/formats/csv/read.ts";
import { openHdf5 } from "../../src/formats/hdf5/open-hdf5.ts";
import { ParquetReader } from "../../src/formats/parquet/read.ts";
import { typedView } from "../../src/model/dtype.ts";
import type { StreamAccount } from "../../src/model/ledger.ts";
import { isAlive } from "../../src/ring/process-identity.ts";
import { RingReader } from "../../src/ring/ring-reader.ts";

const daq = resolve(import.meta.dirname, "../../bin/daq.js");

/** A program that counts: record number i holds the number i, so that every file can be checked exactly. */
const counterProgram = `
let n = 0n;
const rows = Number(process.argv[1]);
const tick = () => {
  const block = new BigInt64Array(rows);
  for (let i = 0; i < rows; i++) block[i] = n++;
  const more = process.stdout.write(new Uint8Array(block.buffer));
  if (more) setTimeout(tick, 5); else process.stdout.once("drain", tick);
};
process.on("SIGINT", () => process.exit(0));
tick();
`;

export type CounterRunOptions = {
  readonly rowsPerTick?: number;
  readonly ringMb?: number;
  readonly overflow?: string;
  readonly formats?: readonly string[];
  /** More lines for [storage] and [ring_buffer]. */
  readonly storage?: string;
  readonly ring?: string;
  /** Records per chunk of HDF5: few, so that chunks get full again and again, and some checkpoints find one half full. */
  readonly hdf5ChunkRows?: number;
  readonly seconds?: number;
  /** Records after which the run ends by itself. */
  readonly records?: number;
  /** Where the files go; default: the run's own folder. */
  readonly outputFolder?: string;
};

/** What a file holds of the counting program. */
export type CounterRows = { readonly sequences: readonly number[]; readonly values: readonly number[] };

/** A real \`daq record\` of the counting program, in a folder of its own. */
export class CounterRun {
  readonly folder = mkdtempSync(join(tmpdir(), "daq-counter-"));
  readonly outputFolder: string;
  readonly process: ChildProcess;
  readonly formats: readonly string[];
  readonly events: Record<string, unknown>[] = [];
  readonly #started = Promise.withResolvers<void>();
  readonly exited: Promise<number | string>;
  stderr = "";

  constructor(options: CounterRunOptions = {}) {
    const {
      rowsPerTick = 500,
      ringMb = 8,
      overflow = "discard-oldest",
      formats = ["arrow"],
      storage = "",
      ring = "",
      hdf5ChunkRows = 3000,
      seconds,
      records,
    } = options;
    this.outputFolder = options.outputFolder ?? this.folder;
    this.formats = formats;
    // The soak tests name the folder of a run that failed; under the test runner nobody looks into it.
    if (process.env.NODE_TEST_CONTEXT !== undefined) process.once("exit", () => this.remove());
    const config = join(this.folder, "counter.toml");
    const command = [process.execPath, "-e", counterProgram, String(rowsPerTick)].map((part) =>
      JSON.stringify(part),
    );
    writeFileSync(
      config,
      [
        "[storage]",
        `format = ${JSON.stringify(formats)}`,
        `output_path = ${JSON.stringify(join(this.outputFolder, "run.{ext}"))}`,
        "flush_interval_ms = 50",
        storage,
        ...(formats.includes("hdf5") ? ["[storage.hdf5]", `chunk_size = ${hdf5ChunkRows}`] : []),
        // Chunks and shards get full again and again, and checkpoints find both half full.
        ...(formats.includes("zarr") ? ["[storage.zarr]", "chunk_size = 700", "shard_chunks = 4"] : []),
        "[ring_buffer]",
        `size_mb = ${ringMb}`,
        `overflow = "${overflow}"`,
        ring,
        "[[devices]]",
        'id = "counter"',
        'driver = "command"',
        `command = [${command.join(", ")}]`,
        'encoding = "raw"',
        'dtype = "int64"',
        'columns = ["n"]',
        "rate_hz = 100000",
      ].join("\n"),
    );
    const duration = seconds === undefined ? [] : ["--duration", `${seconds}s`];
    const frames = records === undefined ? [] : ["--frames", String(records)];
    this.process = spawn(process.execPath, [daq, "record", config, "--json", ...duration, ...frames], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    createInterface({ input: this.process.stdout! }).on("line", (line) => {
      const event = JSON.parse(line) as Record<string, unknown>;
      this.events.push(event);
      if (event.event === "started") this.#started.resolve();
    });
    this.process.stderr!.on("data", (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    this.exited = new Promise((done) => {
      this.process.on("close", (code, signal) => {
        this.#started.reject(
          new Error(`daq record ended (${signal ?? code}) before it started: ${this.stderr}`),
        );
        done(signal ?? code ?? -1);
      });
    });
    this.#started.promise.catch(() => {});
  }

  /** Throws when the recording ended by itself. */
  assertRunning(): void {
    if (this.process.exitCode !== null || this.process.signalCode !== null)
      throw new Error(
        `daq record ended early (${this.process.exitCode ?? this.process.signalCode}): ${this.stderr}`,
      );
  }

  get started(): Promise<void> {
    return this.#started.promise;
  }

  get ringPath(): string {
    return this.events.find((event) => event.event === "started")!.ringPath as string;
  }

  get indexPath(): string {
    return join(this.outputFolder, "run.run.json");
  }

  get journalPath(): string {
    return join(this.outputFolder, "run.journal.jsonl");
  }

  tap(): RingReader {
    return RingReader.attach(this.ringPath, { name: "watch", durable: false, from: "newest" });
  }

  async journalGone(milliseconds = 20_000): Promise<void> {
    const deadline = Date.now() + milliseconds;
    while (existsSync(this.journalPath)) {
      if (Date.now() > deadline)
        throw new Error(`the journal is still there: ${readdirSync(this.folder)} ${this.stderr}`);
      await sleep(20);
    }
  }

  accounts(): StreamAccount[] {
    const index = JSON.parse(readFileSync(this.indexPath, "utf8"));
    return index.outputs.map(
      (output: { ledger: { accounts: StreamAccount[] } }) => output.ledger.accounts[0]!,
    );
  }

  arrowRows(): Promise<CounterRows> {
    return readArrow(join(this.outputFolder, "run.arrow"));
  }

  csvRows(): Promise<CounterRows> {
    return readCsv(join(this.outputFolder, "run.csv"));
  }

  get hdf5Path(): string {
    return join(this.outputFolder, "run.h5");
  }

  hdf5Rows(): Promise<CounterRows> {
    return readHdf5(this.hdf5Path);
  }

  /** Each format's account, and what its file holds. */
  async outputs(): Promise<{ format: string; account: StreamAccount; rows: CounterRows }[]> {
    const read: Record<string, () => Promise<CounterRows>> = {
      arrow: () => this.arrowRows(),
      csv: () => this.csvRows(),
      hdf5: () => this.hdf5Rows(),
      parquet: () => readParquet(join(this.outputFolder, "run.parquet")),
      zarr: () => readZarr(join(this.outputFolder, "run.zarr")),
    };
    const accounts = this.accounts();
    const outputs = [];
    for (const [index, format] of this.formats.entries())
      outputs.push({ format, account: accounts[index]!, rows: await read[format]!() });
    return outputs;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function readArrow(path: string): Promise<CounterRows> {
  const reader = await ArrowReader.open(path);
  const sequences: number[] = [];
  const values: number[] = [];
  try {
    for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
      const column = typedView("int64", batch.columns[0]!.bytes) as BigInt64Array;
      for (let row = 0; row < batch.count; row++) {
        sequences.push(Number(batch.sequences![row]));
        values.push(Number(column[row]));
      }
    }
  } finally {
    await reader.close();
  }
  return { sequences, values };
}

async function readParquet(path: string): Promise<CounterRows> {
  await using reader = await ParquetReader.open(path);
  const sequences: number[] = [];
  const values: number[] = [];
  for await (const group of reader.rowGroups()) {
    const column = typedView("int64", group.columns[0]!.bytes) as BigInt64Array;
    for (const sequence of group.sequences) sequences.push(Number(sequence));
    for (const value of column) values.push(Number(value));
  }
  return { sequences, values };
}

/** Through the HDF5 library itself; all datasets have to be of one length. */
export async function readHdf5(path: string): Promise<CounterRows> {
  const file = await openHdf5(path);
  try {
    const [sequences, values, timestamps] = ["sequence", "n", "timestamps"].map((name) => {
      const dataset = file.dataset(`/entry/counter/${name}`)!;
      // The library refuses to read an empty selection.
      return dataset.shape![0] === 0 ? [] : Array.from(dataset.value as BigInt64Array, Number);
    });
    if (sequences!.length !== values!.length || sequences!.length !== timestamps!.length)
      throw new Error(
        `${path}: datasets of ${[sequences, values, timestamps].map((rows) => rows!.length)} rows`,
      );
    return { sequences: sequences!, values: values! };
  } finally {
    file.close();
  }
}

/** Through zarrita, of which the writer uses nothing; all arrays have to be of one length. */
export async function readZarr(path: string): Promise<CounterRows> {
  const root = zarr.root(new FileSystemStore(path));
  const [sequences, values, timestamps] = await Promise.all(
    ["sequence", "n", "timestamps"].map(async (name) => {
      const array = await zarr.open(root.resolve(name), { kind: "array" });
      if (array.shape[0] === 0) return [];
      const { data } = await zarr.get(array);
      return Array.from(data as BigInt64Array, Number);
    }),
  );
  if (sequences!.length !== values!.length || sequences!.length !== timestamps!.length)
    throw new Error(`${path}: arrays of ${[sequences, values, timestamps].map((rows) => rows!.length)} rows`);
  return { sequences: sequences!, values: values! };
}

export async function readCsv(path: string): Promise<CounterRows> {
  const sequences: number[] = [];
  const values: number[] = [];
  let isHeader = true;
  for await (const fields of readRows(path, { unterminated: "skip" })) {
    if (!isHeader) {
      sequences.push(Number(fields[1]));
      values.push(Number(fields[2]));
    }
    isHeader = false;
  }
  return { sequences, values };
}

function lossRows(path: string): { first: number; count: number }[] {
  const [, ...rows] = readFileSync(path, "utf8").trimEnd().split("\r\n");
  return rows.map((row) => {
    const [first, count] = row.split(",");
    return { first: Number(first), count: Number(count) };
  });
}

/**
 * Checks a file against its account: the stored rows and the lost ranges together are every number from 0 to the end,
 * each exactly once. `folder`: where the account's file of further ranges is. Returns what is wrong, or undefined.
 */
export function problemIn(account: StreamAccount, rows: CounterRows, folder?: string): string | undefined {
  const { produced, stored, lost, ranges: inLedger, more } = account;
  if (more !== undefined && folder === undefined) return "there are more lost ranges, in a file";
  const ranges = more === undefined ? inLedger : [...inLedger, ...lossRows(join(folder!, more.file))];
  if (ranges.length !== inLedger.length + (more?.ranges ?? 0)) return "rows of lost ranges are missing";
  if (produced !== stored + lost) return `produced ${produced} ≠ stored ${stored} + lost ${lost}`;
  if (rows.sequences.length !== stored)
    return `the file has ${rows.sequences.length} rows, the account says ${stored}`;
  const sorted = [...ranges].sort((a, b) => a.first - b.first);
  if (sorted.reduce((sum, range) => sum + range.count, 0) !== lost)
    return "the lost ranges do not add up to the lost count";
  let expected = 0;
  let next = 0;
  for (const [row, sequence] of rows.sequences.entries()) {
    while (next < sorted.length && sorted[next]!.first === expected) expected += sorted[next++]!.count;
    if (sequence !== expected) return `row ${row} has sequence ${sequence}, expected ${expected}`;
    if (rows.values[row] !== sequence) return `row ${row} (sequence ${sequence}) holds ${rows.values[row]}`;
    expected++;
  }
  while (next < sorted.length && sorted[next]!.first === expected) expected += sorted[next++]!.count;
  if (next < sorted.length) return `the lost range at ${sorted[next]!.first} overlaps stored rows`;
  return expected === produced ? undefined : `rows and ranges end at ${expected}, produced ${produced}`;
}

/** The recorder that holds the durable slot now; undefined while none lives. */
export function recorderPid(tap: RingReader): number | undefined {
  return tap.consumers().find((consumer) => consumer.durable && consumer.alive)?.pid;
}

export async function waitForDeath(pid: number): Promise<void> {
  while (isAlive({ pid, startTicks: 0 })) await sleep(10);
}
