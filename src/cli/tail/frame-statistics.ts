import { numberDType, type TypedArray, typedView } from "../../model/dtype.ts";
import { type Column, columnItemBytes } from "../../model/stream-schema.ts";
import type { RingReader } from "../../ring/ring-reader.ts";
import type { RingRecord } from "../../ring/ring-record.ts";

/** The last frame of a record in a few numbers, physical where the column says how; NaN is left out and counted. */
export type FrameStatistics = {
  readonly sequence: number;
  readonly timestampNs: bigint;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  readonly nans: number;
};

/** Read in the ring itself, without a copy; undefined when the frame was overwritten meanwhile. */
export function lastFrameStatistics(reader: RingReader, record: RingRecord): FrameStatistics | undefined {
  const { stream, layout, payload, count } = record;
  const column = stream.schema.columns[0]!;
  const item = columnItemBytes(column);
  const at = layout.columns[0]!.offset + (count - 1) * item;
  const found = statisticsOf(column, typedView(numberDType(column.dtype), payload.subarray(at, at + item)));
  const own = record.timestampsNs;
  const spacing = BigInt(Math.round(((count - 1) * 1e9) / (stream.schema.rateHz ?? 1)));
  const timestampNs = own === undefined ? record.firstTimestampNs + spacing : own[count - 1]!;
  const sequence = record.firstSequence + count - 1;
  return reader.isIntact(record) ? { sequence, timestampNs, ...found } : undefined;
}

type Found = Pick<FrameStatistics, "min" | "mean" | "max" | "nans">;

function statisticsOf({ scale = 1, offset = 0 }: Column, values: TypedArray): Found {
  const { min, sum, max, nans } = extremes(values);
  const counted = values.length - nans;
  const ends = [min * scale + offset, max * scale + offset];
  if (counted === 0) return { min: Number.NaN, mean: Number.NaN, max: Number.NaN, nans };
  return { min: Math.min(...ends), mean: (sum / counted) * scale + offset, max: Math.max(...ends), nans };
}

function extremes(values: TypedArray): { min: number; sum: number; max: number; nans: number } {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let nans = 0;
  for (let index = 0; index < values.length; index++) {
    const value = Number(values[index]);
    if (Number.isNaN(value)) {
      nans++;
      continue;
    }
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  return { min, sum, max, nans };
}
