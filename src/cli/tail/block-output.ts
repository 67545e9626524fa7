import { countText, rateText } from "../quantity-text.ts";
import { sparkline } from "../sparkline.ts";
import { cellText } from "./cell-text.ts";
import type { FrameStatistics } from "./frame-statistics.ts";
import { frameText } from "./line-output.ts";
import type { LiveBlock } from "./live-block.ts";
import { type CellValue, cellOf, type RecordRows } from "./record-rows.ts";
import type { TappedStream } from "./ring-tap.ts";
import type { TailOutput } from "./tail-output.ts";

/** Values that a sparkline remembers, and columns of a stream that are shown. */
const history = 30;
const mostColumns = 8;

type ShownColumn = { readonly name: string; text: string; readonly recent: (number | undefined)[] };

/** For a person who watches: a line for each stream, and below it its latest values with how they went. */
export class BlockOutput implements TailOutput {
  readonly #block: LiveBlock;
  readonly #title: string;
  readonly #columns = new Map<TappedStream, ShownColumn[]>();

  constructor(block: LiveBlock, title: string) {
    this.#block = block;
    this.#title = title;
  }

  rows(rows: RecordRows, stream: TappedStream): void {
    const shown = this.#columnsOf(stream);
    for (const [index, { column }] of rows.columns.slice(0, mostColumns).entries()) {
      const value = cellOf(rows, index, rows.count - 1);
      note(shown, index, column.name, cellText(value, column), numberOf(value));
    }
  }

  frame(frame: FrameStatistics, stream: TappedStream): void {
    const { columns } = stream.schema;
    note(this.#columnsOf(stream), 0, columns[0]!.name, frameText(frame, stream.schema), frame.mean);
  }

  /** The stream's line counts them. */
  hole(): void {}

  roundDone(streams: readonly TappedStream[], perSecond: (stream: TappedStream) => number | undefined): void {
    const width = Math.max(0, ...streams.map(({ schema }) => schema.name.length));
    this.#block.draw([
      this.#title,
      ...streams.flatMap((stream) => this.#streamLines(stream, perSecond(stream), width)),
    ]);
  }

  #streamLines(stream: TappedStream, perSecond: number | undefined, width: number): string[] {
    const { seen, lost, missed, schema } = stream;
    const parts = [
      countText(seen, "record"),
      perSecond === undefined ? "" : `${rateText(perSecond)}/s`,
      lost === 0 ? "none lost" : `LOST ${lost}`,
      missed === 0 ? "" : `${missed} missed by this view only`,
    ];
    const shown = this.#columnsOf(stream);
    const names = Math.max(0, ...shown.map(({ name }) => name.length));
    const texts = Math.max(0, ...shown.map(({ text }) => text.length));
    const more = schema.columns.length - mostColumns;
    return [
      `${schema.name.padEnd(width)}  ${parts.filter((part) => part !== "").join("  ")}`,
      ...shown.map(({ name, text, recent }) =>
        `  ${name.padEnd(names)}  ${text.padEnd(texts)}  ${sparkline(recent)}`.trimEnd(),
      ),
      ...(more > 0 ? [`  and ${countText(more, "more column")}`] : []),
    ];
  }

  #columnsOf(stream: TappedStream): ShownColumn[] {
    const known = this.#columns.get(stream) ?? [];
    this.#columns.set(stream, known);
    return known;
  }
}

function note(
  shown: ShownColumn[],
  index: number,
  name: string,
  text: string,
  value: number | undefined,
): void {
  const column = shown[index] ?? { name, text, recent: [] };
  shown[index] = column;
  column.text = text;
  column.recent.push(value);
  if (column.recent.length > history) column.recent.shift();
}

function numberOf(value: CellValue): number | undefined {
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined;
}
