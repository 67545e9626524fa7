import { deltaBinaryPackedBytes } from "../../bytes/delta-binary-packing.ts";
import { type Block, sharedPool, type WorkerPool } from "../../bytes/pool/worker-pool.ts";

import type { ColumnLayout } from "./column-layout.ts";
import { encodeLevels } from "./levels.ts";
import { framePage, type Page, type PageEncoding } from "./page.ts";
import type { PageCodec } from "./page-codec.ts";
import { presentRecords, writePlainValues } from "./plain-values.ts";
import type { Slabs } from "./slabs.ts";
import { type Bounds, boundsOf, boundsOfExtremes } from "./statistics.ts";

/** The records of one page of one column, as batches have them. */
export type PageRecords = {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly validity?: Uint8Array | undefined;
};

/** What does not depend on the encoding. */
type Prepared = {
  readonly layout: ColumnLayout;
  readonly records: PageRecords;
  readonly levels: { readonly bytes: Uint8Array; readonly values: number };
  /** Values that are there. */
  readonly present: number;
};

const alignment = 8;
/** Room behind the values for the smallest and the largest, aligned. */
const extremesBytes = 24;

/** Encodings that are worth a try for a column: which is the smallest depends on its values. */
export function candidateEncodings(
  { physical }: ColumnLayout,
  { step }: PageCodec,
  isPlain: boolean,
): readonly PageEncoding[] {
  if (isPlain) return ["plain"];
  if (physical === "int32" || physical === "int64") return ["plain", "deltaBinaryPacked"];
  // Split bytes take as much room as plain ones until they are compressed.
  return step === undefined ? ["plain"] : ["plain", "byteStreamSplit"];
}

/** Encodes and compresses the pages of one file, in the workers. */
export class PageEncoder {
  readonly #codec: PageCodec;

  constructor(codec: PageCodec) {
    this.#codec = codec;
  }

  /**
   * Resolves when the records are copied, and are the caller's again; `page` resolves when it is encoded. `encoding` as a
   * list: the one that comes out smallest.
   */
  async start(
    layout: ColumnLayout,
    records: PageRecords,
    encodings: readonly PageEncoding[],
    slabs: Slabs,
  ): Promise<{ readonly page: Promise<Page> }> {
    const { rows, validity } = records;
    const levels = encodeLevels(layout, rows, validity);
    const present = presentRecords(rows, validity) * layout.elements;
    const prepared = { layout, records, levels, present };
    const started: Promise<Page>[] = [];
    for (const encoding of encodings) {
      // A page without a value has nothing to encode.
      if (present === 0 && encoding !== "plain") continue;
      started.push((await this.#startAs(encoding, prepared, slabs)).page);
    }
    const page = Promise.all(started).then((pages) =>
      pages.reduce((best, other) => (other.bodyBytes < best.bodyBytes ? other : best)),
    );
    page.catch(() => undefined); // Whoever waits for it hears of it.
    return { page };
  }

  async #startAs(
    encoding: PageEncoding,
    prepared: Prepared,
    slabs: Slabs,
  ): Promise<{ readonly page: Promise<Page> }> {
    const { layout, records, levels, present } = prepared;
    const plainBytes = present * layout.valueBytes;
    if (encoding === "plain" && this.#codec.step === undefined) {
      const values = plainOf(prepared);
      const body = [...slabs.keep(levels.bytes), ...slabs.keep(values)];
      const rawBytes = levels.bytes.byteLength + plainBytes;
      return {
        page: Promise.resolve(this.#framed(prepared, encoding, body, rawBytes, boundsHere(prepared))),
      };
    }
    const pool = await sharedPool();
    const isAlone = levels.bytes.byteLength === 0;
    const direct = encoding !== "deltaBinaryPacked" && (isAlone || encoding === "plain");
    if (direct) {
      const rawBytes = levels.bytes.byteLength + plainBytes;
      // Values behind levels would not be aligned; they are made beside them, and moved.
      const block = await pool.take(rawBytes + extremesBytes);
      block.bytes.set(levels.bytes);
      if (isAlone) writePlainValues(layout, records.bytes, records.rows, records.validity, block.bytes);
      else block.bytes.set(plainOf(prepared), levels.bytes.byteLength);
      const bounds = isAlone ? boundsThere(pool, block, 0, prepared) : Promise.resolve(boundsHere(prepared));
      return { page: this.#compress(pool, block, rawBytes, encoding, prepared, slabs, bounds) };
    }
    return this.#startTransformed(pool, encoding, prepared, slabs);
  }

  /** The encoded values go behind the levels, from plain values further back in the same block. */
  async #startTransformed(
    pool: WorkerPool,
    encoding: PageEncoding,
    prepared: Prepared,
    slabs: Slabs,
  ): Promise<{ readonly page: Promise<Page> }> {
    const { layout, records, levels, present } = prepared;
    const { valueBytes } = layout;
    const plainBytes = present * valueBytes;
    const levelBytes = levels.bytes.byteLength;
    const isDelta = encoding === "deltaBinaryPacked";
    const roomBytes = isDelta ? deltaBinaryPackedBytes(valueBytes, present) : plainBytes;
    const plainAt = Math.ceil((levelBytes + roomBytes) / alignment) * alignment;
    const block = await pool.take(plainAt + plainBytes + extremesBytes);
    block.bytes.set(levels.bytes);
    const place = block.bytes.subarray(plainAt, plainAt + plainBytes);
    writePlainValues(layout, records.bytes, records.rows, records.validity, place);
    const [source, target] = [block.address + plainAt, block.address + levelBytes];
    const bounds = boundsThere(pool, block, plainAt, prepared);
    const page = (async () => {
      let encodedBytes: number;
      try {
        if (isDelta)
          encodedBytes = await pool.call("deltaBinaryPack", [valueBytes, source, present, target, "scratch"]);
        else {
          await pool.call("shuffle", [valueBytes, source, plainBytes, target]);
          encodedBytes = plainBytes;
        }
      } catch (error) {
        await bounds.catch(() => undefined);
        pool.give(block);
        throw error;
      }
      return this.#compress(pool, block, levelBytes + encodedBytes, encoding, prepared, slabs, bounds);
    })();
    page.catch(() => undefined);
    return { page };
  }

  async #compress(
    pool: WorkerPool,
    block: Block,
    rawBytes: number,
    encoding: PageEncoding,
    prepared: Prepared,
    slabs: Slabs,
    bounds: Promise<Bounds | undefined>,
  ): Promise<Page> {
    const { step } = this.#codec;
    try {
      if (step === undefined) {
        const body = slabs.keep(block.bytes.subarray(0, rawBytes));
        return this.#framed(prepared, encoding, body, rawBytes, await bounds);
      }
      const { valueBytes } = prepared.layout;
      const isSplitNow = encoding === "byteStreamSplit" && prepared.levels.bytes.byteLength === 0;
      const split = isSplitNow ? [{ codec: "shuffle", elementBytes: valueBytes } as const] : [];
      const result = await pool.encode(block, rawBytes, [...split, step]);
      try {
        const body = slabs.keep(result.block.bytes.subarray(0, result.length));
        return this.#framed(prepared, encoding, body, rawBytes, await bounds);
      } finally {
        pool.give(result.block);
      }
    } finally {
      // A worker may still be looking at the values when compressing them failed.
      await bounds.catch(() => undefined);
      pool.give(block);
    }
  }

  #framed(
    prepared: Prepared,
    encoding: PageEncoding,
    body: readonly Uint8Array[],
    rawBytes: number,
    bounds: Bounds | undefined,
  ): Page {
    const { records, levels, present } = prepared;
    // A missing list is one entry without a value.
    const nulls = levels.values - present;
    return framePage({ rows: records.rows, values: levels.values, nulls, encoding, body, rawBytes, bounds });
  }
}

function boundsHere({ layout, records }: Prepared): Bounds | undefined {
  return boundsOf(layout, records.bytes, records.rows, records.validity);
}

/** Of floats by the workers, which is several times faster; the plain values are at that place of the block. */
function boundsThere(
  pool: WorkerPool,
  block: Block,
  plainAt: number,
  prepared: Prepared,
): Promise<Bounds | undefined> {
  const { layout, present } = prepared;
  const { physical, valueBytes } = layout;
  if (physical === "int32" || physical === "int64") return Promise.resolve(boundsHere(prepared));
  const resultAt = Math.ceil((plainAt + present * valueBytes) / alignment) * alignment;
  const args = [valueBytes, block.address + plainAt, present, block.address + resultAt];
  const bounds = pool.call("extremesOfFloats", args).then(() => {
    const { buffer, byteOffset } = block.bytes;
    const view = new DataView(buffer, byteOffset + resultAt, extremesBytes);
    return valueBytes === 8
      ? boundsOfExtremes(layout, view.getFloat64(0, true), view.getFloat64(8, true))
      : boundsOfExtremes(layout, view.getFloat32(0, true), view.getFloat32(4, true));
  });
  bounds.catch(() => undefined); // Whoever makes the page hears of it.
  return bounds;
}

function plainOf({ layout, records, present }: Prepared): Uint8Array {
  const isAsItIs = records.validity === undefined && layout.itemBytes === layout.elements * layout.valueBytes;
  if (isAsItIs) return records.bytes.subarray(0, records.rows * layout.itemBytes);
  const values = new Uint8Array(present * layout.valueBytes);
  writePlainValues(layout, records.bytes, records.rows, records.validity, values);
  return values;
}
