import type { StreamSink } from "../../model/frame-sink.ts";
import { parseUnixSeconds } from "./decimal-time.ts";
import type { FieldColumn } from "./field-column.ts";
import { fieldColumnOf } from "./field-column-of.ts";
import { splitFields } from "./line-fields.ts";
import { LineSplitter } from "./line-splitter.ts";
import type { DecoderContext, RecordDecoder } from "./record-decoder.ts";

export type LineLayout = {
  /** Names of all fields of a line, the time among them. */
  readonly fields: readonly string[];
  /** Which of them is the record's time in Unix seconds. */
  readonly timeField: number | undefined;
  readonly delimiter: string | undefined;
  /** Empty: no line is a comment. */
  readonly comment: string;
  readonly skipLines: number;
};

/** A broken instrument sends thousands of bad lines; the ledger counts them all, the person reads the first ones. */
const maxWarnings = 5;
const excerptLength = 40;

/** Lines of text, one record each. A line that is not a record is counted as lost, with its number and why. */
export class LineDecoder implements RecordDecoder {
  #stream: StreamSink;
  #layout: LineLayout;
  #context: DecoderContext;
  #splitter: LineSplitter;
  #columns: FieldColumn[];
  #timestampsNs = new BigInt64Array(0);
  #rows = 0;
  #lineNumber = 0;
  #produced = 0;
  #limit: number;
  #warnings = 0;
  /** Bad lines without a good one between them, not yet reported to the sink. */
  #bad: { count: number; readonly firstLine: number; lastLine: number; readonly problem: string } | undefined;

  constructor(stream: StreamSink, layout: LineLayout, context: DecoderContext) {
    this.#stream = stream;
    this.#layout = layout;
    this.#context = context;
    this.#limit = context.recordLimit;
    this.#splitter = new LineSplitter(stream.schema.name);
    this.#columns = stream.schema.columns.map(fieldColumnOf);
  }

  get finished(): boolean {
    return this.#produced >= this.#limit;
  }

  get inRecord(): boolean {
    return this.#splitter.restBytes > 0;
  }

  stopAfterRecord(): void {
    this.#limit = Math.min(this.#limit, this.#produced + (this.inRecord ? 1 : 0));
  }

  async push(chunk: Uint8Array): Promise<void> {
    if (this.finished) return;
    const lines = this.#splitter.push(chunk);
    await this.#take(lines);
  }

  async end(how: "finished" | "cut"): Promise<void> {
    const rest = this.#splitter.takeRest();
    if (rest === "" || this.finished) return;
    if (how === "finished") return this.#take([rest]);
    this.#lineNumber++;
    if (!this.#isRecord(rest)) return;
    await this.#lose(`the input ended before the end of the line: ${excerpt(rest)}`);
    await this.#reportBad();
  }

  async #take(lines: readonly string[]): Promise<void> {
    const nowNs = this.#context.nowNs();
    for (const line of lines) {
      if (this.finished) break;
      this.#lineNumber++;
      if (!this.#isRecord(line)) continue;
      const problem = this.#problemOf(line, this.#rows, nowNs);
      if (problem !== undefined) {
        await this.#lose(problem);
        continue;
      }
      if (this.#bad !== undefined) await this.#reportBad();
      this.#rows++;
      this.#produced++;
    }
    await this.#writeRows();
    await this.#reportBad();
  }

  #isRecord(line: string): boolean {
    if (this.#lineNumber <= this.#layout.skipLines || line === "") return false;
    const { comment } = this.#layout;
    return !/^ *$/.test(line) && (comment === "" || !line.trimStart().startsWith(comment));
  }

  /** Reads a line into row `row` of the batch, or says why it cannot. */
  #problemOf(line: string, row: number, nowNs: bigint): string | undefined {
    const { fields: names, timeField, delimiter } = this.#layout;
    const fields = splitFields(line, names.length, delimiter);
    if (fields.length !== names.length)
      return `expected ${names.length} ${names.length === 1 ? "field" : "fields"}, found ${fields.length}: ${excerpt(line)}`;
    if (row >= this.#timestampsNs.length) this.#grow();
    this.#timestampsNs[row] = nowNs;
    let column = 0;
    for (let index = 0; index < fields.length; index++) {
      const text = fields[index];
      if (index === timeField) {
        const timeNs = parseUnixSeconds(text ?? "");
        if (timeNs === undefined)
          return `${names[index]} ${excerpt(text ?? "")} is not a time in Unix seconds`;
        this.#timestampsNs[row] = timeNs;
        continue;
      }
      const problem = this.#columns[column++]!.store(row, text);
      if (problem !== undefined) return `${names[index]} ${excerpt(text ?? "")} ${problem}`;
    }
    return undefined;
  }

  #grow(): void {
    const rows = Math.max(256, this.#timestampsNs.length * 2);
    const larger = new BigInt64Array(rows);
    larger.set(this.#timestampsNs);
    this.#timestampsNs = larger;
    for (const column of this.#columns) column.grow(rows);
  }

  async #writeRows(): Promise<void> {
    const count = this.#rows;
    if (count === 0) return;
    this.#rows = 0;
    await this.#stream.write({
      count,
      timestampNs: this.#timestampsNs[0]!,
      timestampsNs: this.#timestampsNs.subarray(0, count),
      columns: this.#columns.map((column) => column.bytes(count)),
      validity: this.#columns.map((column) => column.validity(count)),
    });
  }

  async #lose(problem: string): Promise<void> {
    // Rows before the bad line come first: the ledger says where in the sequence the hole is.
    await this.#writeRows();
    const line = this.#lineNumber;
    if (this.#bad === undefined) this.#bad = { count: 1, firstLine: line, lastLine: line, problem };
    else {
      this.#bad.count++;
      this.#bad.lastLine = line;
    }
    this.#produced++;
    if (this.#warnings >= maxWarnings) return;
    this.#warnings++;
    const last = this.#warnings === maxWarnings ? " Further bad lines are only counted." : "";
    this.#context.warn(`${this.#stream.schema.name}: line ${line} is lost: ${problem}.${last}`);
  }

  async #reportBad(): Promise<void> {
    const bad = this.#bad;
    if (bad === undefined) return;
    this.#bad = undefined;
    const where =
      bad.count === 1
        ? `line ${bad.firstLine}`
        : `lines ${bad.firstLine}–${bad.lastLine}, of which the first`;
    await this.#stream.lose(bad.count, "device", `${where}: ${bad.problem}`);
  }
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > excerptLength ? `${text.slice(0, excerptLength)}…` : text);
}
