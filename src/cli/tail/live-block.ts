import { printable } from "../printable.ts";

/** The part of a terminal that drawing needs. */
export type Screen = Pick<NodeJS.WriteStream, "write"> & {
  readonly columns?: number;
  readonly rows?: number;
};

const sequence = "\u001b[";

/** Lines on a screen that are replaced by the next ones. */
export class LiveBlock {
  readonly #screen: Screen;
  #height = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  draw(lines: readonly string[]): void {
    // A line that wraps, or a block taller than the screen, could not be found again.
    const { columns = 80, rows = 24 } = this.#screen;
    const shown = lines.slice(0, Math.max(1, rows - 1)).map((line) =>
      Array.from(printable(line))
        .slice(0, columns - 1)
        .join(""),
    );
    const up = this.#height > 0 ? `${sequence}${this.#height}A` : "";
    // One write, so that nobody sees half of it; the last code clears what a taller block left below.
    this.#screen.write(`${up}\r${shown.map((line) => `${line}${sequence}K\n`).join("")}${sequence}J`);
    this.#height = shown.length;
  }
}
