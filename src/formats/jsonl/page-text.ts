import { secondsOf } from "../../documents/seconds-of.ts";
import type { Batch } from "../../model/batch.ts";
import { typedView } from "../../model/dtype.ts";
import type { RunInfo } from "../../model/run.ts";
import { columnItemBytes, type StreamSchema } from "../../model/stream-schema.ts";
import { columnText } from "./column-text.ts";
import { descriptorUid, timestampKey } from "./head-documents.ts";
import { timeColumnsOf } from "./time-columns.ts";

/** Values of a page, in bytes; as text they are a few times as much. */
const goalBytes = 64 * 1024;
const mostRows = 4096;

/** Makes event pages of the batches of one stream, a line each. */
export class PageText {
  readonly #stream: StreamSchema;
  readonly #descriptor: string;
  readonly #rows: number;
  /** For each column the index of the one with its times. */
  readonly #timeColumns: readonly (number | undefined)[];

  constructor(info: RunInfo, stream: StreamSchema) {
    this.#stream = stream;
    this.#descriptor = descriptorUid(info, stream.name);
    const rowBytes = stream.columns.reduce((sum, column) => sum + columnItemBytes(column), 16);
    this.#rows = Math.max(1, Math.min(mostRows, Math.floor(goalBytes / rowBytes)));
    const times = timeColumnsOf(stream);
    this.#timeColumns = stream.columns.map(({ name }) => {
      const time = times.get(name);
      const index = stream.columns.findIndex((column) => column.name === time);
      return index < 0 ? undefined : index;
    });
  }

  /** The lines of a batch, which is borrowed until the last one was taken. */
  *linesOf(batch: Batch): Generator<Uint8Array, void, void> {
    for (let from = 0; from < batch.count; from += this.#rows)
      yield Buffer.from(this.#line(batch, from, Math.min(batch.count, from + this.#rows)));
  }

  #line({ timestampsNs, sequences, columns }: Batch, from: number, to: number): string {
    const uids: string[] = [];
    const numbers: string[] = [];
    const uidStart = `${JSON.stringify(this.#descriptor).slice(0, -1)}/`;
    for (let row = from; row < to; row++) {
      const number = String(sequences[row]! + 1n);
      numbers.push(number);
      uids.push(`${uidStart}${number}"`);
    }
    const seconds = secondsText(timestampsNs, from, to);
    const data = [`"${timestampKey}":[${timestampsNs.subarray(from, to).join(",")}]`];
    const timestamps = [`"${timestampKey}":${seconds}`];
    for (const [index, column] of this.#stream.columns.entries()) {
      const key = JSON.stringify(column.name);
      const times = this.#timeColumns[index];
      data.push(`${key}:${columnText(column, columns[index]!, from, to)}`);
      const own =
        times === undefined ? undefined : (typedView("int64", columns[times]!.bytes) as BigInt64Array);
      timestamps.push(`${key}:${own === undefined ? seconds : secondsText(own, from, to)}`);
    }
    const descriptor = JSON.stringify(this.#descriptor);
    return (
      `{"name":"event_page","doc":{"descriptor":${descriptor},"seq_num":[${numbers}],"uid":[${uids}],` +
      `"time":${seconds},"data":{${data}},"timestamps":{${timestamps}},"filled":{}}}\n`
    );
  }
}

function secondsText(timesNs: BigInt64Array, from: number, to: number): string {
  const parts: string[] = [];
  for (let row = from; row < to; row++) parts.push(String(secondsOf(timesNs[row]!)));
  return `[${parts.join(",")}]`;
}
