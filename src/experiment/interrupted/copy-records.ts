import type { Batch } from "../../model/batch.ts";
import { DaqError } from "../../model/errors.ts";
import type { StreamSink } from "../../model/frame-sink.ts";
import type { StreamAccount } from "../../model/ledger.ts";
import { columnItemBytes } from "../../model/stream-schema.ts";
import { batchParts } from "../../recorder/batch-parts.ts";
import type { SourceStream } from "../../recorder/finished-run.ts";

/** More at once than this is no faster. */
const partBytes = 2 ** 20;

/** All batches of a stream, whatever files they are in. */
export async function* batchesOf({ schema, files }: SourceStream): AsyncGenerator<Batch, void, void> {
  for (const { path, format } of files)
    for await (const batch of format.read(path, schema.name)) yield { ...batch, stream: schema };
}

/**
 * Writes the records of a stream with numbers below `end` into a sink again, with their times, and what was lost between them
 * as lost. `onPart` is told each batch before it is written.
 */
export async function copyRecords(
  source: SourceStream,
  sink: StreamSink,
  end: number,
  onPart: (part: Batch) => void = () => {},
): Promise<void> {
  const itemBytes = source.schema.columns.reduce((sum, column) => sum + columnItemBytes(column), 16);
  const rows = Math.max(1, Math.floor(partBytes / itemBytes));
  let next = 0;
  for await (const batch of batchesOf(source))
    for (const run of withoutHoles(batch, end))
      for (const part of batchParts(run, rows)) {
        const first = Number(part.sequences[0]!);
        await loseBetween(source.account, next, first, sink);
        onPart(part);
        await sink.write({
          count: part.count,
          timestampNs: part.timestampsNs[0]!,
          timestampsNs: part.timestampsNs,
          columns: part.columns.map(({ bytes }) => bytes),
          validity: part.columns.map(({ validity }) => validity),
        });
        next = first + part.count;
      }
  await loseBetween(source.account, next, end, sink);
}

/** Parts of a batch whose numbers follow one another, up to `end`. */
function* withoutHoles(batch: Batch, end: number): Generator<Batch, void, void> {
  let from = 0;
  while (from < batch.count && Number(batch.sequences[from]!) < end) {
    let to = from + 1;
    while (
      to < batch.count &&
      batch.sequences[to]! === batch.sequences[to - 1]! + 1n &&
      Number(batch.sequences[to]!) < end
    )
      to++;
    yield partOf(batch, from, to);
    from = to;
  }
}

function partOf(batch: Batch, from: number, to: number): Batch {
  const { stream, count, timestampsNs, sequences, columns } = batch;
  if (from === 0 && to === count) return batch;
  return {
    stream,
    count: to - from,
    timestampsNs: timestampsNs.subarray(from, to),
    sequences: sequences.subarray(from, to),
    columns: columns.map(({ bytes, validity }, index) => {
      const itemBytes = columnItemBytes(stream.columns[index]!);
      // Views over columns have to begin at a multiple of 8.
      const part = Uint8Array.from(bytes.subarray(from * itemBytes, to * itemBytes));
      return validity === undefined
        ? { bytes: part }
        : { bytes: part, validity: validity.subarray(from, to) };
    }),
  };
}

/** Says of the records from `first` to `end`, which no file has, why they are lost. */
async function loseBetween(
  account: StreamAccount | undefined,
  first: number,
  end: number,
  sink: StreamSink,
): Promise<void> {
  let at = first;
  for (const range of account?.ranges ?? []) {
    const to = Math.min(end, range.first + range.count);
    const from = Math.max(at, range.first);
    if (from >= to) continue;
    if (from > at) await sink.lose(from - at, "aborted", "lost in the part that was interrupted");
    await sink.lose(to - from, range.reason, range.detail ?? "");
    at = to;
  }
  if (at > end)
    throw new DaqError("format", `Records of ${sink.schema.name} are not in the order of their numbers.`, {
      hint: "The file is damaged, or was changed by another program. Restore it from a copy.",
    });
  if (at < end) await sink.lose(end - at, "aborted", "lost in the part that was interrupted");
}
