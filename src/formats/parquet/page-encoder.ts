import { type Block, sharedPool, type WorkerPool } from "../../bytes/pool/worker-pool.ts";
import { cellBounds } from "./cell-bounds.ts";
import { encodeCells } from "./cell-values.ts";
import { type ColumnLayout, isOfCells } from "./column-layout.ts";
import { encodeLevels } from "./levels.ts";
import { framePage, type Page, type PageEncoding } from "./page.ts";
import type { PageCodec } from "./page-codec.ts";
import type { PageRecords } from "./page-records.ts";
import { presentRecords, writePlainValues } from "./plain-values.ts";
import type { Slabs } from "./slabs.ts";
import { type Bounds, boundsIn, extremesBytes, extremesCall } from "./statistics.ts";
import { encodeValues, type ValueEncoder, workBytes } from "./value-encoding.ts";

/**
 * A page on its way, in a block: levels, room for encoded values, the values as they are from `plainAt` on, their extremes.
 * Values that stay as they are stand right behind the levels.
 */
type PageAtWork = {
  readonly layout: ColumnLayout;
  readonly rows: number;
  readonly levels: { readonly bytes: Uint8Array; readonly values: number };
  /** Values that are there. */
  readonly present: number;
  readonly encoder: ValueEncoder;
  readonly block: Block;
  /** The block is where the page stays until it is written. */
  readonly isKept: boolean;
  readonly plainAt: number;
  readonly extremesAt: number;
  /** Of texts and bools, which were measured before. */
  readonly bounds?: Bounds | undefined;
};

/** A page before the codec. */
type RawBody = {
  readonly bytes: number;
  readonly encoding: PageEncoding;
  readonly isUnsplit: boolean;
  readonly entries?: Uint8Array;
};

const alignment = 8;

/** Smaller ones lie closer together in slabs: blocks are whole pages of memory. */
const largePageBytes = 256 << 10;

function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** Encodes, compresses, measures and checks the pages of one file, in the workers. */
export class PageEncoder {
  readonly #codec: PageCodec;

  constructor(codec: PageCodec) {
    this.#codec = codec;
  }

  /**
   * Resolves when the records are copied, and are the caller's again. `page` resolves when it is encoded; to undefined when
   * the dictionary has no room for its values.
   */
  async start(
    layout: ColumnLayout,
    { bytes, rows, validity }: PageRecords,
    wanted: ValueEncoder,
    slabs: Slabs,
  ): Promise<{ readonly page: Promise<Page | undefined> }> {
    if (isOfCells(layout)) return this.#startCells(layout, { bytes, rows, validity }, wanted, slabs);
    const levels = encodeLevels(layout, rows, validity);
    const present = presentRecords(rows, validity) * layout.elements;
    // A page without a value has nothing to encode.
    const encoder: ValueEncoder = present === 0 ? { encoding: "plain" } : wanted;
    const levelBytes = levels.bytes.byteLength;
    const plainBytes = present * layout.valueBytes;
    const staysThere = isPlainBody(encoder, levelBytes);
    const work = staysThere ? 0 : workBytes(encoder, layout.valueBytes, present);
    const plainAt = staysThere ? levelBytes : aligned(levelBytes + work);
    const extremesAt = aligned(plainAt + plainBytes);
    const pool = await sharedPool();
    const blockBytes = extremesAt + extremesBytes;
    const keptBlock = staysThere && this.#codec.step === undefined ? slabs.tryBlock(blockBytes) : undefined;
    const block = keptBlock ?? (await pool.take(blockBytes));
    block.bytes.set(levels.bytes);
    writePlainValues(layout, bytes, rows, validity, block.bytes.subarray(plainAt, plainAt + plainBytes));
    const isKept = keptBlock !== undefined;
    const atWork = { layout, rows, levels, present, encoder, block, isKept, plainAt, extremesAt };
    const page = this.#finish(pool, atWork, slabs);
    page.catch(() => undefined); // Whoever waits for it hears of it.
    return { page };
  }

  /** Texts and bools are encoded here: what they take depends on what they are. */
  async #startCells(
    layout: ColumnLayout,
    records: PageRecords,
    wanted: ValueEncoder,
    slabs: Slabs,
  ): Promise<{ readonly page: Promise<Page | undefined> }> {
    const { rows, validity } = records;
    const levels = encodeLevels(layout, rows, validity);
    const encoded = encodeCells(layout, records, wanted);
    if (encoded === undefined) return { page: Promise.resolve(undefined) };
    const { bytes, encoding, entries } = encoded;
    const plainAt = levels.bytes.byteLength;
    const rawBytes = plainAt + bytes.byteLength;
    const pool = await sharedPool();
    const keptBlock = this.#codec.step === undefined ? slabs.tryBlock(rawBytes) : undefined;
    const block = keptBlock ?? (await pool.take(rawBytes));
    block.bytes.set(levels.bytes);
    block.bytes.set(bytes, plainAt);
    const atWork: PageAtWork = {
      layout,
      rows,
      levels,
      present: presentRecords(rows, validity),
      encoder: wanted,
      block,
      isKept: keptBlock !== undefined,
      plainAt,
      extremesAt: 0,
      bounds: cellBounds(layout, records),
    };
    const raw = {
      bytes: rawBytes,
      encoding,
      isUnsplit: false,
      ...(entries === undefined ? {} : { entries }),
    };
    const page = this.#finish(pool, atWork, slabs, raw);
    page.catch(() => undefined); // Whoever waits for it hears of it.
    return { page };
  }

  async #finish(
    pool: WorkerPool,
    page: PageAtWork,
    slabs: Slabs,
    encoded?: RawBody,
  ): Promise<Page | undefined> {
    try {
      const raw = encoded ?? (await rawBodyOf(pool, page));
      return raw && (await this.#compress(pool, page, raw, slabs));
    } finally {
      if (!page.isKept) pool.give(page.block);
    }
  }

  async #compress(pool: WorkerPool, page: PageAtWork, raw: RawBody, slabs: Slabs): Promise<Page> {
    const { layout, present, block, plainAt, extremesAt } = page;
    const { step, splitStep } = this.#codec;
    const { valueBytes } = layout;
    const before =
      present === 0 || isOfCells(layout)
        ? []
        : [extremesCall(layout, block.address + plainAt, present, block.address + extremesAt)];
    if (step === undefined) {
      const checked = pool.checksum(block, raw.bytes, { before });
      const bytes = block.bytes.subarray(0, raw.bytes);
      return framed(page, raw, page.isKept ? [bytes] : slabs.keep(bytes), await checked);
    }
    const split = raw.isUnsplit ? [{ codec: "shuffle", elementBytes: valueBytes } as const] : [];
    const bodyStep = raw.encoding === "byteStreamSplit" ? (splitStep ?? step) : step;
    const steps = [...split, bodyStep];
    const {
      block: result,
      length,
      checksum,
      isKept,
    } = await pool.encodeChecked(block, raw.bytes, steps, {
      before,
      keep: raw.bytes >= largePageBytes,
    });
    const bytes = result.bytes.subarray(0, length);
    if (isKept) {
      slabs.own(result);
      return framed(page, raw, [bytes], checksum);
    }
    try {
      return framed(page, raw, slabs.keep(bytes), checksum);
    } finally {
      pool.give(result);
    }
  }
}

/** Whether the values are at their place already; split bytes without levels are split on the way to the codec. */
function isPlainBody({ encoding }: ValueEncoder, levelBytes: number): boolean {
  return encoding === "plain" || (encoding === "byteStreamSplit" && levelBytes === 0);
}

async function rawBodyOf(
  pool: WorkerPool,
  page: PageAtWork,
  encoder = page.encoder,
): Promise<RawBody | undefined> {
  const { layout, levels, present, block, plainAt } = page;
  const { encoding } = encoder;
  const levelBytes = levels.bytes.byteLength;
  if (plainAt === levelBytes)
    return {
      bytes: levelBytes + present * layout.valueBytes,
      encoding,
      isUnsplit: encoding === "byteStreamSplit",
    };
  const values = { valueBytes: layout.valueBytes, count: present, source: block.address + plainAt };
  const encoded = await encodeValues(pool, encoder, values, block.address + levelBytes);
  // A few differences take the room of 32, and then more than what they are of.
  const isLonger = encoded === undefined || encoded.bytes >= values.count * values.valueBytes;
  if (encoding === "deltaBinaryPacked" && isLonger) return rawBodyOf(pool, page, { encoding: "plain" });
  if (encoded !== undefined)
    return { ...encoded, bytes: levelBytes + encoded.bytes, encoding, isUnsplit: false };
  const fallback = encoder.encoding === "rleDictionary" ? encoder.fallback : undefined;
  return fallback && rawBodyOf(pool, page, { encoding: fallback });
}

function framed(page: PageAtWork, raw: RawBody, body: readonly Uint8Array[], checksum: number): Page {
  const { layout, rows, levels, present, block, extremesAt } = page;
  // A missing list is one entry without a value.
  const nulls = levels.values - present;
  const isMeasured = present === 0 || isOfCells(layout);
  const bounds = isMeasured ? page.bounds : boundsIn(layout, block.bytes.subarray(extremesAt));
  const { bytes: rawBytes, encoding, entries } = raw;
  const contents = { rows, values: levels.values, nulls, encoding, body, rawBytes, bounds };
  return framePage(entries === undefined ? contents : { ...contents, entries }, checksum);
}
