import type { Terminal } from "../terminal.ts";
import { cellJson, numberJson } from "./cell-text.ts";
import type { FrameStatistics } from "./frame-statistics.ts";
import { cellOf, type RecordRows } from "./record-rows.ts";
import type { Hole, TappedStream } from "./ring-tap.ts";
import type { TailOutput } from "./tail-output.ts";

/** An object for each row or frame; what is no sample has the key `event`. Times are digits in a string, for they do not fit a double. */
export class JsonOutput implements TailOutput {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  rows(rows: RecordRows): void {
    for (let row = 0; row < rows.count; row++) {
      this.#terminal.printJson({
        stream: rows.schema.name,
        sequence: rows.firstSequence + row,
        timestampNs: `${rows.timestampsNs[row]}`,
        columns: Object.fromEntries(
          rows.columns.map(({ column }, index) => [column.name, cellJson(cellOf(rows, index, row), column)]),
        ),
      });
    }
  }

  frame(frame: FrameStatistics, { schema }: TappedStream, perSecond: number | undefined): void {
    const { shape, dtype, unit } = schema.columns[0]!;
    const { sequence, timestampNs, min, mean, max, nans } = frame;
    this.#terminal.printJson({
      stream: schema.name,
      sequence,
      timestampNs: `${timestampNs}`,
      shape,
      dtype,
      ...(unit === undefined ? {} : { unit }),
      min: numberJson(min),
      mean: numberJson(mean),
      max: numberJson(max),
      nans,
      ...(perSecond === undefined ? {} : { perSecond }),
    });
  }

  hole({ stream, first, count, reason, detail }: Hole): void {
    const event = reason === undefined ? "missed" : "lost";
    this.#terminal.printJson({ event, stream: stream.schema.name, first, count, reason, detail });
  }

  roundDone(): void {}
}
