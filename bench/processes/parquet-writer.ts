import { readFileSync, writeFileSync } from "node:fs";
import { openBlockingFileSink } from "../../src/bytes/file-sink.ts";
import { ParquetStreamFile } from "../../src/formats/parquet/stream-file.ts";
import { TailFile } from "../../src/formats/parquet/tail-file.ts";
import { benchRunInfo } from "../harness/bench-run-info.ts";
import { makeSamples, sampleColumns } from "../input/generate-input.ts";
import { peerSchema, sampleBatches } from "../input/sample-stream.ts";
import { parseOptions, report } from "./parent.ts";

export type ParquetWriterOptions = {
  readonly folder: string;
  readonly compression: string;
  readonly rowGroupBytes: number;
  readonly rowGroups: number;
};

/** Memory of the process, the workers' shared memory included: before the file is begun, and the most until it is closed. */
export type ParquetMemory = { readonly baseBytes: number; readonly peakBytes: number };

const batchRows = 65_536;
const differentBatches = 8;

const { folder, compression, rowGroupBytes, rowGroups } = parseOptions<ParquetWriterOptions>();
const rows = batchRows * differentBatches;
const values = makeSamples(rows);
const columns = sampleColumns.map((_, at) => new Uint8Array(values.buffer, at * rows * 8, rows * 8));
const batches = sampleBatches({ rows, columns, bytes: values.byteLength }, peerSchema, batchRows);

function bytesOf(key: "VmRSS" | "VmHWM"): number {
  const status = readFileSync("/proc/self/status", "latin1");
  return Number(new RegExp(`^${key}:\\s*(\\d+) kB`, "m").exec(status)![1]) * 1024;
}

async function writeFile(name: string, count: number): Promise<void> {
  const path = `${folder}/${name}.parquet`;
  const file = await ParquetStreamFile.create(
    await openBlockingFileSink(path, { inOrder: true, aside: true }),
    {
      stream: peerSchema,
      info: benchRunInfo(),
      options: { compression, durability: "process" },
      tail: new TailFile(path, openBlockingFileSink, false),
      index: "none",
      rowGroupBytes,
    },
  );
  for (let number = 0; number < count; number++) await file.append(batches[number % differentBatches]!);
  await file.close({ complete: true, accounts: [] });
}

// Starts the workers, and loads what is loaded once.
await writeFile("first", 1);
const baseBytes = bytesOf("VmRSS");
// From here on the peak counts anew.
writeFileSync("/proc/self/clear_refs", "5");
const batchBytes = batchRows * columns.length * 8;
await writeFile("second", Math.ceil((rowGroups * rowGroupBytes) / batchBytes));
report("memory", { baseBytes, peakBytes: bytesOf("VmHWM") } satisfies ParquetMemory);
process.disconnect();
