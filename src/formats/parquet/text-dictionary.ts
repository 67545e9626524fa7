import { textBytesAt } from "../../model/text-values.ts";
import { encodeIndexes } from "./encode-indexes.ts";

/** The texts of a page as indexes, and what the dictionary has more than before, plain. */
export type EncodedTexts = { readonly bytes: Uint8Array; readonly entries: Uint8Array };

/** What is worth looking up, and what a reader holds in memory for each column. */
const mostEntries = 65_536;
const mostEntryBytes = 1 << 20;

/** The dictionary of one column of texts: of one row group after the other. */
export class TextDictionary {
  /** By the text's bytes, as characters from 0 to 255. */
  readonly #indexes = new Map<string, number>();
  #group = -1;
  #bytes = 0;
  #isFull = false;

  /** It had no room for a page; the next row group begins with an empty one. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** RLE_DICTIONARY of the texts that are there; undefined when they are too many different ones. */
  encode(
    group: number,
    cells: Uint8Array,
    maxBytes: number,
    validity: Uint8Array | undefined,
  ): EncodedTexts | undefined {
    if (group !== this.#group) {
      this.#indexes.clear();
      this.#group = group;
      this.#bytes = 0;
      this.#isFull = false;
    }
    if (this.#isFull) return undefined;
    const bytes = Buffer.from(cells.buffer, cells.byteOffset, cells.byteLength);
    const rows = cells.byteLength / maxBytes;
    const indexes = new Uint32Array(rows);
    const added: Buffer[] = [];
    let present = 0;
    for (let row = 0; row < rows; row++) {
      if (validity?.[row] === 0) continue;
      const at = row * maxBytes;
      const end = at + textBytesAt(cells, at, maxBytes);
      const key = bytes.toString("latin1", at, end);
      let index = this.#indexes.get(key);
      if (index === undefined) {
        index = this.#indexes.size;
        this.#bytes += 4 + end - at;
        if (index >= mostEntries || this.#bytes > mostEntryBytes) {
          this.#isFull = true;
          return undefined;
        }
        this.#indexes.set(key, index);
        const entry = Buffer.alloc(4 + end - at);
        entry.writeUInt32LE(end - at);
        bytes.copy(entry, 4, at, end);
        added.push(entry);
      }
      indexes[present++] = index;
    }
    return {
      bytes: encodeIndexes(indexes.subarray(0, present), this.#indexes.size),
      entries: Buffer.concat(added),
    };
  }

  async release(): Promise<void> {
    this.#indexes.clear();
  }
}
