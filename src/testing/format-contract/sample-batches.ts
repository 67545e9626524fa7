import type { Batch, ColumnValues } from "../../model/batch.ts";
import { type NumberDType, numberDType, type TypedArray, typedView } from "../../model/dtype.ts";
import { type Column, columnItemBytes, type StreamSchema } from "../../model/stream-schema.ts";
import { putText, textProblem } from "../../model/text-values.ts";

const smallestFloat32 = 2 ** -149;
const largestFloat32 = (2 - 2 ** -23) * 2 ** 127;

/** Values at which writers and readers go wrong; they come first in each column, one per record. */
const extremes: Record<NumberDType, readonly (number | bigint)[]> = {
  int8: [0, -128, 127, -1],
  int16: [0, -32768, 32767, -1],
  int32: [0, -(2 ** 31), 2 ** 31 - 1, -1],
  int64: [0n, -(2n ** 63n), 2n ** 63n - 1n, -1n, 2n ** 53n + 1n, -1_000_000_000n, 999_999_999n, 10n ** 18n],
  uint8: [0, 255, 128],
  uint16: [0, 65535, 32768],
  uint32: [0, 2 ** 32 - 1, 2 ** 31],
  uint64: [0n, 2n ** 64n - 1n, 2n ** 63n, 2n ** 53n + 1n, 10n ** 19n, 1_000_000_000n],
  float32: [
    0,
    -0,
    NaN,
    Infinity,
    -Infinity,
    smallestFloat32,
    -smallestFloat32,
    2 ** -126,
    largestFloat32,
  ].concat([-largestFloat32, 0.1, 1 / 3, 16777216, 16777218, 8.5e9, 1e-45, 3.4e38, 2 ** 43 + 2 ** 21, 1.5]),
  float64: [
    0,
    -0,
    NaN,
    Infinity,
    -Infinity,
    5e-324,
    -5e-324,
    2 ** -1022,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
  ].concat([0.1, 1 / 3, 2 ** 53 + 2, 1e21, 1e-7, 123456789.12345679, 5e-7, 1e22, 9007199254740991]),
};

/** Texts at which writers and readers go wrong; those that fit come first in each column. */
const extremeTexts: readonly string[] = [
  "",
  "a",
  'say "open", then\r\nclose',
  "naïve µW – 温度 🔬",
  "NaN",
  "null",
  "NA",
  "-1.5e3",
  "true",
  " blanks at both ends ",
  "=1+1",
  "tab\tand \u0001 and \\ and '",
  "\u{10ffff}\ufeff\u2028",
  "sevenby",
  "🔬µé",
  "x".repeat(60),
];

/** Deterministic source of batches of one stream: same seed, same bytes. */
export class SampleBatches {
  readonly stream: StreamSchema;
  #random: number;
  #sequence = 0n;
  #made = 0;

  constructor(stream: StreamSchema, seed = 1) {
    this.stream = stream;
    this.#random = (seed * 2654435761) >>> 0;
  }

  /** Leaves `count` sequence numbers out. */
  skip(count: number): { first: number; count: number } {
    const first = Number(this.#sequence);
    this.#sequence += BigInt(count);
    return { first, count };
  }

  /** The next `count` records, in buffers of their own. */
  next(count: number): Batch {
    const first = this.#sequence;
    this.#sequence += BigInt(count);
    const batch: Batch = {
      stream: this.stream,
      count,
      timestampsNs: BigInt64Array.from(
        { length: count },
        (_, i) => 1764000000000000000n + (first + BigInt(i)) * 1000003n,
      ),
      sequences: BigInt64Array.from({ length: count }, (_, i) => first + BigInt(i)),
      columns: this.stream.columns.map((column, index) => this.#column(column, index, count)),
    };
    this.#made += count;
    return batch;
  }

  #column(column: Column, index: number, count: number): ColumnValues {
    const bytes = new Uint8Array(count * columnItemBytes(column));
    // Missing at other records in each column, the very first included; the bytes below a missing value are noise.
    const validity = Uint8Array.from({ length: count }, (_, i) =>
      (this.#made + i + index) % 3 === 0 ? 0 : 1,
    );
    if (column.dtype === "bool")
      for (let i = 0; i < count; i++)
        bytes[i] = validity[i] === 1 || !column.nullable ? this.#byte() & 1 : this.#byte();
    else if (column.dtype === "string") this.#texts(column, bytes, validity);
    else this.#numbers(column, bytes, count);
    return column.nullable === true ? { bytes, validity } : { bytes };
  }

  #texts(column: Column, bytes: Uint8Array, validity: Uint8Array): void {
    const { maxBytes = 0 } = column;
    const fitting = extremeTexts.filter((text) => textProblem(text, maxBytes) === undefined);
    for (const [i, isValid] of validity.entries()) {
      const cell = bytes.subarray(i * maxBytes, (i + 1) * maxBytes);
      if (isValid === 0 && column.nullable === true)
        for (let at = 0; at < maxBytes; at++) cell[at] = this.#byte();
      else putText(cell, fitting[this.#made + i] ?? this.#text(maxBytes));
    }
  }

  /** Of characters that take one to four bytes. */
  #text(maxBytes: number): string {
    let text = "";
    const wanted = this.#byte() % (maxBytes + 1);
    while (true) {
      const longer = text + ["k", "Z", " ", "µ", "度", "🔬"][this.#byte() % 6]!;
      if (Buffer.byteLength(longer) > wanted) return text;
      text = longer;
    }
  }

  #numbers(column: Column, bytes: Uint8Array, count: number): void {
    const view: TypedArray = typedView(numberDType(column.dtype), bytes);
    const elements = view.length / count;
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.#byte();
    for (let i = 0; i < view.length; i++) {
      const extreme = extremes[numberDType(column.dtype)][this.#made * elements + i];
      if (extreme !== undefined) view[i] = extreme;
    }
    // A random pattern of bits may be one of the many NaNs, of which text keeps only one.
    if (view instanceof Float32Array || view instanceof Float64Array)
      for (let i = 0; i < view.length; i++) if (Number.isNaN(view[i])) view[i] = NaN;
  }

  #byte(): number {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
    return this.#random >>> 24;
  }
}

/** Does to a batch what the ring does to it as soon as it is given back. */
export function scribbleOver(batch: Batch): void {
  batch.timestampsNs.fill(-0x5a5a5a5a5a5a5a5an);
  batch.sequences.fill(-0x5a5a5a5a5a5a5a5an);
  for (const { bytes, validity } of batch.columns) {
    bytes.fill(0xa5);
    validity?.fill(1);
  }
}
