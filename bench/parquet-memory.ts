import { DaqError } from "../src/model/errors.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";
import { Child, withChildren } from "./harness/child.ts";
import type { ParquetMemory, ParquetWriterOptions } from "./processes/parquet-writer.ts";

const compressions = ["none", "snappy", "zstd"] as const;
/** For what the writer takes when nobody says otherwise, the goal is two row groups, with all that is beside them. */
const usualMebibytes: { readonly [compression: string]: number } = { none: 16, snappy: 64, zstd: 64 };
const rowGroupMebibytes = [16, 64, 128] as const;
const mebibyte = 2 ** 20;
const wantedMebibytes = 1_280;
const quickRowGroups = 3;
/** Pages that the workers have, what they make of them, and the heap, which V8 lets grow before it collects. */
const besidesMebibytes = 96;

function caseName(compression: string, mebibytes: number): string {
  return `parquet/memory/${compression}-${mebibytes}MiB`;
}

async function measureOnce(
  context: BenchmarkContext,
  compression: string,
  rowGroupMiB: number,
): Promise<Figures> {
  if (process.platform !== "linux")
    throw new DaqError("process", "The largest memory of a process cannot be reset here.", {
      hint: "This case needs Linux's /proc; leave it out with --only.",
    });
  const options: ParquetWriterOptions = {
    folder: context.target,
    compression,
    rowGroupBytes: rowGroupMiB * mebibyte,
    rowGroups: context.quick ? quickRowGroups : Math.ceil(wantedMebibytes / rowGroupMiB),
  };
  const child = new Child("parquet-writer", options);
  const { baseBytes, peakBytes } = await withChildren([child], () => child.receive<ParquetMemory>("memory"));
  const peak = (peakBytes - baseBytes) / mebibyte;
  return { peak_mib: peak, row_groups: peak / rowGroupMiB, base_mib: baseBytes / mebibyte };
}

export const parquetMemory: Benchmark = {
  name: "parquet-memory",
  question:
    "How much memory does the Parquet writer take for row groups of some size, fed as fast as it takes?",
  cases: compressions.flatMap((compression) =>
    rowGroupMebibytes.map((mebibytes) => caseName(compression, mebibytes)),
  ),

  async run(context) {
    for (const compression of compressions)
      for (const mebibytes of rowGroupMebibytes)
        await context.measure(
          caseName(compression, mebibytes),
          () => measureOnce(context, compression, mebibytes),
          {
            runs: 1,
            warmUp: async () => {},
            goals: [
              {
                quantity: "peak_mib",
                atMost: 2 * mebibytes + (usualMebibytes[compression] === mebibytes ? 0 : besidesMebibytes),
              },
            ],
          },
        );
  },
};
