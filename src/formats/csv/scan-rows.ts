import { DaqError } from "../../model/errors.ts";
import type { Hole } from "../account-for-holes.ts";
import { mostRowBytes } from "./fields.ts";
import type { TextSource } from "./text-source.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const quote = 0x22;
const comma = 0x2c;
const byteOrderMarkEnd = 0xbf;

/** A line that is no row of a recording; the header is line 1. */
export type StrangeLine = { readonly line: number; readonly problem: string };

export type ScannedRows = {
  /** The header line without its line end; undefined when the file breaks off before it. */
  readonly header: Uint8Array | undefined;
  readonly records: number;
  readonly first: Uint8Array | undefined;
  readonly last: Uint8Array | undefined;
  readonly holes: readonly Hole[];
  /** The sequence number that would come next. */
  readonly nextSequence: number;
  /** The first of them. */
  readonly strange: StrangeLine | undefined;
  /** Bytes of text in whole lines, and behind them. */
  readonly wholeTextBytes: number;
  readonly tornTextBytes: number;
  /** The latter without the zeros at the end. */
  readonly tornRowBytes: number;
};

/** Reads all lines of a CSV file once, in bounded memory, without making strings of them. */
export async function scanRows(source: TextSource): Promise<ScannedRows> {
  const scan = new RowScan(source.path);
  for await (const chunk of source) scan.push(chunk);
  return scan.result();
}

class RowScan {
  readonly #path: string;
  #carry: Uint8Array = new Uint8Array(0);
  #quoted = false;
  #lines = 0;
  #wholeTextBytes = 0;
  #header: Uint8Array | undefined;
  #first: Uint8Array | undefined;
  #last: Uint8Array | undefined;
  #holes: Hole[] = [];
  #nextSequence = 0;
  #strange: StrangeLine | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  push(chunk: Uint8Array): void {
    const scannedBytes = this.#carry.length;
    const bytes = scannedBytes === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    let start = 0;
    let last: Uint8Array | undefined;
    for (let at = scannedBytes; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === quote) {
        // Where one quote was lost, the next one shows it: from there on fields and what is between them would change places.
        if (!this.#quoted && !mayOpen(bytes, start, at))
          this.#strange ??= {
            line: this.#lines + 1,
            problem: "has a quote within a field that has none around it",
          };
        this.#quoted = !this.#quoted;
      } else if (byte === lineFeed && !this.#quoted) {
        last = bytes.subarray(start, at > start && bytes[at - 1] === carriageReturn ? at - 1 : at);
        this.#line(last);
        start = at + 1;
      }
    }
    this.#wholeTextBytes += start;
    if (last !== undefined && this.#lines > 1) this.#last = last.slice();
    this.#carry = bytes.slice(start);
    if (this.#carry.length > mostRowBytes)
      throw new DaqError(
        "format",
        `${this.#path}: line ${this.#lines + 1} is longer than ${mostRowBytes} bytes.`,
        {
          hint: "This is not a CSV file, or a quote in it is never closed.",
        },
      );
  }

  #line(line: Uint8Array): void {
    this.#lines++;
    if (this.#lines === 1) {
      this.#header = line.slice();
      return;
    }
    this.#first ??= line.slice();
    const sequence = sequenceOf(line);
    if (sequence === undefined) {
      this.#strange ??= {
        line: this.#lines,
        problem: "does not start with a timestamp and a sequence number",
      };
      return;
    }
    const missing = sequence - this.#nextSequence;
    if (missing > 0) this.#holes.push({ first: this.#nextSequence, count: missing });
    this.#nextSequence = sequence + 1;
  }

  result(): ScannedRows {
    return {
      header: this.#header,
      records: Math.max(0, this.#lines - 1),
      first: this.#first,
      last: this.#last,
      holes: this.#holes,
      nextSequence: this.#nextSequence,
      strange: this.#strange,
      wholeTextBytes: this.#wholeTextBytes,
      tornTextBytes: this.#carry.length,
      tornRowBytes: this.#carry.findLastIndex((byte) => byte !== 0) + 1,
    };
  }
}

/** True where a field starts, and between the two quotes that stand for one. */
function mayOpen(bytes: Uint8Array, lineStart: number, at: number): boolean {
  const before = at === lineStart ? comma : bytes[at - 1];
  return before === comma || before === quote || (at === lineStart + 3 && before === byteOrderMarkEnd);
}

/** The second field as a number; undefined when the line does not start with two integers. */
function sequenceOf(line: Uint8Array): number | undefined {
  const end = line.indexOf(comma);
  if (end < 1 || digitsUntilComma(line, line[0] === 0x2d ? 1 : 0) === undefined) return undefined;
  return digitsUntilComma(line, end + 1);
}

/** The decimal number from `start` to the next comma or the end. */
function digitsUntilComma(line: Uint8Array, start: number): number | undefined {
  let value = 0;
  let at = start;
  for (; at < line.length && line[at] !== comma; at++) {
    const digit = line[at]! - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return at > start ? value : undefined;
}

/** The timestamp of a line as decimal digits. */
export function timestampOf(line: Uint8Array | undefined): string | undefined {
  const text = line === undefined ? "" : Buffer.from(line).toString("latin1");
  return /^-?\d+(?=,)/.exec(text)?.[0];
}
