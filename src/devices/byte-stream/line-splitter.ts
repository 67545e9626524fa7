import { DaqError } from "../../model/errors.ts";

/** The longest line that is waited for. */
export const maxLineBytes = 1024 * 1024;

const lineFeed = 0x0a;

/** Cuts chunks into lines; what follows the last line feed is kept for the next chunk, up to a limit. */
export class LineSplitter {
  #device: string;
  #rest = Buffer.alloc(0);
  #restBytes = 0;
  #atStart = true;

  constructor(device: string) {
    this.#device = device;
  }

  /** Bytes of a line whose end has not come. */
  get restBytes(): number {
    return this.#restBytes;
  }

  /** The lines that end in this chunk, without their ends. Throws `DaqError("device")` when a line is endless. */
  push(chunk: Uint8Array): string[] {
    const end = chunk.lastIndexOf(lineFeed);
    const ended = chunk.subarray(0, Math.max(0, end));
    const text = end < 0 ? undefined : this.#decode(ended);
    this.#keep(chunk.subarray(end + 1));
    return text === undefined ? [] : text.split("\n").map(withoutReturn);
  }

  /** What came after the last line feed. */
  takeRest(): string {
    return withoutReturn(this.#decode(new Uint8Array(0)));
  }

  #decode(tail: Uint8Array): string {
    const bytes = Buffer.concat([this.#rest.subarray(0, this.#restBytes), tail]);
    this.#restBytes = 0;
    const text = bytes.toString("utf8");
    const atStart = this.#atStart;
    this.#atStart = false;
    // Some programs begin UTF-8 text with a byte order mark; it is no part of the first line.
    return atStart && text.startsWith("\ufeff") ? text.slice(1) : text;
  }

  #keep(bytes: Uint8Array): void {
    const total = this.#restBytes + bytes.byteLength;
    if (total > maxLineBytes)
      throw new DaqError(
        "device",
        `Device "${this.#device}": ${total} bytes came without the end of a line; a line may have ${maxLineBytes}.`,
        { hint: 'Lines end with a line feed. If the data is binary, set encoding = "raw".' },
      );
    if (total > this.#rest.byteLength) {
      const larger = Buffer.alloc(Math.max(4096, total * 2));
      this.#rest.copy(larger, 0, 0, this.#restBytes);
      this.#rest = larger;
    }
    this.#rest.set(bytes, this.#restBytes);
    this.#restBytes = total;
  }
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
