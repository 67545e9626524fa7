import { promisify } from "node:util";
import { constants, crc32, deflateRaw, type ZlibOptions } from "node:zlib";
import type { ByteSink } from "../../bytes/byte-sink.ts";
import { memberEnd, memberHeader } from "./gzip-framing.ts";
import type { EncodedText, TextFile } from "./text-file.ts";

const deflate = promisify<Uint8Array, ZlibOptions, Uint8Array>(deflateRaw);

/** How far back deflate can refer (RFC 1951). */
const windowBytes = 32 * 1024;

/** The gzip member that is growing. */
type Member = {
  /** Where its deflate blocks end in the file. */
  readonly blocksEndBytes: number;
  readonly crc: number;
  readonly textBytes: number;
  /** The last text in it: what the next piece may refer to. */
  readonly window: Uint8Array;
};

/**
 * Text in gzip members. Large batches come as members. Small ones share a member until the next checkpoint, and behind
 * every batch it is whole: each piece is deflated up to a byte boundary, with the text before it as its dictionary, and
 * the member's ten last bytes are written after each batch and cut off again before the next. So the file can be opened
 * at any time, and a full disk cannot prevent its end from being written.
 */
export class GzipTextFile implements TextFile {
  readonly #sink: ByteSink;
  readonly #level: number;
  #member: Member | undefined;
  #completeBytes: number;
  #torn = false;

  constructor(sink: ByteSink, level: number) {
    this.#sink = sink;
    this.#level = level;
    this.#completeBytes = sink.positionBytes;
  }

  get path(): string {
    return this.#sink.path;
  }

  get completeBytes(): number {
    return this.#completeBytes;
  }

  async append({ form, pieces }: EncodedText): Promise<void> {
    await this.repair();
    await (form === "text" ? this.#appendText(pieces) : this.#appendMembers(pieces));
  }

  /** The member before them ends where it does. */
  async #appendMembers(members: EncodedText["pieces"]): Promise<void> {
    this.#member = undefined;
    this.#torn = true;
    for await (const member of members) await this.#sink.write(member);
    this.#completeBytes = this.#sink.positionBytes;
    this.#torn = false;
  }

  async #appendText(pieces: EncodedText["pieces"]): Promise<void> {
    let { crc, textBytes, window } = this.#member ?? { crc: 0, textBytes: 0, window: new Uint8Array(0) };
    this.#torn = true;
    if (this.#member !== undefined) await this.#sink.truncate(this.#member.blocksEndBytes);
    let waiting: Uint8Array[] = this.#member === undefined ? [memberHeader] : [];
    for await (const piece of pieces) {
      const blocks = await deflate(piece, {
        level: this.#level,
        finishFlush: constants.Z_SYNC_FLUSH,
        ...(window.length > 0 ? { dictionary: window } : {}),
      });
      crc = crc32(piece, crc);
      textBytes += piece.length;
      window = lastBytes(window, piece, windowBytes);
      if (waiting.length > 1) {
        await this.#sink.writeAll(waiting);
        waiting = [];
      }
      waiting.push(blocks);
    }
    const blocksEndBytes = waiting.reduce((sum, bytes) => sum + bytes.length, this.#sink.positionBytes);
    await this.#sink.writeAll([...waiting, memberEnd(crc, textBytes)]);
    this.#member = { blocksEndBytes, crc, textBytes, window };
    this.#completeBytes = this.#sink.positionBytes;
    this.#torn = false;
  }

  async repair(): Promise<void> {
    if (!this.#torn) return;
    if (this.#member === undefined) await this.#sink.truncate(this.#completeBytes);
    else {
      await this.#sink.truncate(this.#member.blocksEndBytes);
      await this.#sink.write(memberEnd(this.#member.crc, this.#member.textBytes));
    }
    this.#torn = false;
  }

  async checkpoint(durable: boolean): Promise<void> {
    await this.repair();
    this.#member = undefined;
    if (durable) await this.#sink.flush();
  }

  close(): Promise<void> {
    return this.#sink.close();
  }
}

function lastBytes(before: Uint8Array, piece: Uint8Array, count: number): Uint8Array {
  if (piece.length >= count) return piece.slice(-count);
  const kept = before.subarray(Math.max(0, before.length + piece.length - count));
  const joined = new Uint8Array(kept.length + piece.length);
  joined.set(kept);
  joined.set(piece, kept.length);
  return joined;
}
