import { type Column, columnItemBytes, type StreamSchema } from "./stream-schema.ts";

/** Where each part of a ring record's payload lies. Offsets in bytes from the payload's start, multiples of 8. */
export type PayloadLayout = {
  /** int64 nanoseconds for each record, or undefined when the header's first timestamp says enough. */
  readonly timestampsOffset: number | undefined;
  /** In the order of the schema's columns. */
  readonly columns: readonly {
    readonly offset: number;
    readonly bytes: number;
    readonly validityOffset?: number;
  }[];
  readonly bytes: number;
};

function align8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

function computeLayout(
  itemBytes: readonly number[],
  columns: readonly Column[],
  count: number,
  withTimestamps: boolean,
) {
  let end = withTimestamps ? count * 8 : 0;
  const parts = columns.map((column, index) => {
    const offset = end;
    const bytes = itemBytes[index]! * count;
    end = align8(offset + bytes);
    if (column.nullable !== true) return { offset, bytes };
    const validityOffset = end;
    end = align8(validityOffset + count);
    return { offset, bytes, validityOffset };
  });
  return { timestampsOffset: withTimestamps ? 0 : undefined, columns: parts, bytes: end };
}

/**
 * The payload of one ring record that holds `count` records of a stream: the timestamps (if any), then each column,
 * then, for a nullable column, its validity bytes; every part padded to 8 bytes. Layouts are remembered: streams use
 * few different counts.
 */
export class PayloadLayouts {
  readonly #schema: StreamSchema;
  readonly #itemBytes: readonly number[];
  readonly #known = new Map<number, PayloadLayout>();

  constructor(schema: StreamSchema) {
    this.#schema = schema;
    this.#itemBytes = schema.columns.map(columnItemBytes);
  }

  layout(count: number, withTimestamps: boolean): PayloadLayout {
    const key = withTimestamps ? -count : count;
    let layout = this.#known.get(key);
    if (layout === undefined) {
      if (this.#known.size >= 64) this.#known.clear();
      layout = computeLayout(this.#itemBytes, this.#schema.columns, count, withTimestamps);
      this.#known.set(key, layout);
    }
    return layout;
  }
}
