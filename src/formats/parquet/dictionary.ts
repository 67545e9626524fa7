import { dictionaryEncodedBytes, dictionaryTableBytes } from "../../bytes/dictionary-encoding.ts";
import type { Block, WorkerPool } from "../../bytes/pool/worker-pool.ts";

export type EncodedValues = {
  readonly bytes: number;
  /** What the dictionary has more than before, plain. */
  readonly entries?: Uint8Array;
};

/** Of all files of this process: tables stay in the pool's memory, which is for pages first. */
const mostTables = 64;
let tables = 0;

const firstValueAt = 8;

/** Room behind the target: the encoded values, and an index of 2 bytes for each. */
export function dictionaryWorkBytes(count: number): number {
  return dictionaryEncodedBytes(count) + 2 * count;
}

/** The dictionary of one column: of one row group after the other, a page at a time in the order of the calls. */
export class ColumnDictionary {
  readonly #pool: WorkerPool;
  readonly #valueBytes: number;
  readonly #table: Block;
  #group = -1;
  #entries = 0;
  #isFull = false;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(pool: WorkerPool, valueBytes: number, table: Block) {
    this.#pool = pool;
    this.#valueBytes = valueBytes;
    this.#table = table;
  }

  /** Undefined when there is no memory for another one; columns then go without. */
  static tryTake(pool: WorkerPool, valueBytes: number): ColumnDictionary | undefined {
    if (tables >= mostTables) return undefined;
    const table = pool.tryTake(dictionaryTableBytes(valueBytes));
    if (table === undefined) return undefined;
    tables++;
    return new ColumnDictionary(pool, valueBytes, table);
  }

  /** It had no room for a page; the next row group begins with an empty one. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** RLE_DICTIONARY of plain values at `source`; undefined when they are too many different ones. */
  encode(group: number, source: number, count: number, target: number): Promise<EncodedValues | undefined> {
    const encoded = this.#turn.then(() => this.#encode(group, source, count, target));
    this.#turn = encoded.catch(() => undefined);
    return encoded;
  }

  async #encode(
    group: number,
    source: number,
    count: number,
    target: number,
  ): Promise<EncodedValues | undefined> {
    const valueBytes = this.#valueBytes;
    const { address, bytes: table } = this.#table;
    if (group !== this.#group) {
      table.subarray(0, dictionaryTableBytes(valueBytes)).fill(0);
      this.#group = group;
      this.#entries = 0;
      this.#isFull = false;
    }
    if (this.#isFull) return undefined;
    const indexes = target + dictionaryEncodedBytes(count);
    const args = [valueBytes, source, count, address, indexes, target];
    const bytes = await this.#pool.call("dictionaryEncode", args);
    if (bytes === 0) {
      this.#isFull = true;
      return undefined;
    }
    const known = this.#entries;
    this.#entries = new DataView(table.buffer, table.byteOffset).getUint32(0, true);
    const [from, to] = [firstValueAt + known * valueBytes, firstValueAt + this.#entries * valueBytes];
    return { bytes, entries: new Uint8Array(table.subarray(from, to)) };
  }

  /** After the last call. */
  async release(): Promise<void> {
    await this.#turn;
    this.#pool.give(this.#table);
    tables--;
  }
}
