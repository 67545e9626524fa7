import { isoTime } from "../iso-time.ts";
import { printable } from "../printable.ts";
import { countText, rateText, shapeText } from "../quantity-text.ts";
import type { Terminal } from "../terminal.ts";
import { cellText, numberText } from "./cell-text.ts";
import type { FrameStatistics } from "./frame-statistics.ts";
import { cellOf, type RecordRows } from "./record-rows.ts";
import type { Hole, TappedStream } from "./ring-tap.ts";
import type { TailOutput } from "./tail-output.ts";

/** A line for each row or frame; holes go to standard error, so that the lines stay data. */
export class LineOutput implements TailOutput {
  readonly #terminal: Terminal;
  readonly #showsEachHole: boolean;
  readonly #lost = new Map<TappedStream, { count: number; reasons: Set<string> }>();

  /** With samples only, losses are added up from one to the next, and what this tap missed is said at the end. */
  constructor(terminal: Terminal, showsEachHole: boolean) {
    this.#terminal = terminal;
    this.#showsEachHole = showsEachHole;
  }

  rows(rows: RecordRows): void {
    for (let row = 0; row < rows.count; row++) {
      const cells = rows.columns.map(
        ({ column }, index) => `${column.name} ${cellText(cellOf(rows, index, row), column)}`,
      );
      const start = lineStart(rows.timestampsNs[row]!, rows.schema.name, rows.firstSequence + row);
      this.#terminal.print(printable(`${start}  ${cells.join("  ")}`));
    }
  }

  frame(frame: FrameStatistics, { schema }: TappedStream, perSecond: number | undefined): void {
    const rate = perSecond === undefined ? "" : `  ${rateText(perSecond)}/s`;
    const start = lineStart(frame.timestampNs, schema.name, frame.sequence);
    this.#terminal.print(printable(`${start}  ${frameText(frame, schema)}${rate}`));
  }

  hole(hole: Hole): void {
    if (this.#showsEachHole) {
      this.#terminal.log(printable(holeText(hole)));
      return;
    }
    if (hole.reason === undefined) return;
    const lost = this.#lost.get(hole.stream) ?? { count: 0, reasons: new Set() };
    lost.count += hole.count;
    lost.reasons.add(hole.reason);
    this.#lost.set(hole.stream, lost);
  }

  roundDone(): void {
    for (const [{ schema }, { count, reasons }] of this.#lost)
      this.#terminal.log(
        `${schema.name}: lost ${countText(count, "record")} since the last sample: ${[...reasons].join(", ")}`,
      );
    this.#lost.clear();
  }
}

function lineStart(timestampNs: bigint, stream: string, sequence: number): string {
  return `${isoTime(timestampNs)}  ${stream} #${sequence}`;
}

/** "480 × 640 uint16  min 3  mean 120.4  max 4095 counts". */
export function frameText(
  { min, mean, max, nans }: FrameStatistics,
  { columns }: TappedStream["schema"],
): string {
  const { shape, dtype, unit } = columns[0]!;
  const values = `min ${numberText(min)}  mean ${numberText(mean)}  max ${numberText(max)}`;
  return `${shapeText(shape)} ${dtype}  ${values}${unit === undefined ? "" : ` ${unit}`}${nans === 0 ? "" : `  ${nans} NaN`}`;
}

function holeText({ stream, first, count, reason, detail }: Hole): string {
  const what = count === 1 ? `record ${first}` : `${count} records from ${first} on`;
  const { name } = stream.schema;
  if (reason === undefined)
    return `${name}: missed ${what}: they were overwritten before this tap could read them; the recorder has its own place.`;
  return `${name}: lost ${what}: ${reason}${detail === undefined || detail === "" ? "" : `, ${detail}`}`;
}
