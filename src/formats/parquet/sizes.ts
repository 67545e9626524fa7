import type { ColumnLayout } from "./column-layout.ts";
import type { PageCodec } from "./page-codec.ts";

const largestPageBytes = 1 << 20;
const mostPageRows = 65_536;
const usualRowGroupBytes = 64 << 20;
/** Without a codec: about what a compressed one takes in the file, so that writing begins as early, and is as even. */
const plainRowGroupBytes = 16 << 20;
/**
 * So much of a row group's bytes are its values; the rest is for what blocks of memory and the heap take beside them, so that
 * two row groups at once take no more than twice their size.
 */
const valuesShare = 7 / 8;
/**
 * How much may be with the workers, so that what one thread copies is still in the cache of the next one, and that the
 * thread that copies turns to what they have done.
 */
const atWorkBytes = 16 << 20;
const fewestSetsAtWork = 2;

export type WantedSizes = {
  /** Rows of a page, at most. */
  readonly chunkRows?: number | undefined;
  /** What a row group takes in memory before it is encoded. */
  readonly rowGroupBytes?: number | undefined;
};

export type Sizes = {
  readonly pageRows: number;
  /** Whole pages. */
  readonly rowGroupRows: number;
  /** Pages of each column that may be with the workers. */
  readonly setsAtWork: number;
};

/** How many rows the pages and the row groups of a stream have. */
export function sizesOf(
  layouts: readonly ColumnLayout[],
  { step }: PageCodec,
  { chunkRows = mostPageRows, rowGroupBytes }: WantedSizes,
): Sizes {
  const widest = Math.max(...layouts.map(usualRecordBytes));
  const rowBytes = layouts.reduce((sum, { elements, valueBytes }) => sum + elements * valueBytes, 0);
  const wantedRows = Math.min(chunkRows, mostPageRows, Math.floor(largestPageBytes / widest));
  const pageRows = Math.max(1, wantedRows);
  const groupBytes = rowGroupBytes ?? (step === undefined ? plainRowGroupBytes : usualRowGroupBytes);
  return {
    pageRows,
    rowGroupRows: Math.max(1, Math.floor((groupBytes * valuesShare) / rowBytes / pageRows)) * pageRows,
    setsAtWork: Math.max(fewestSetsAtWork, Math.floor(atWorkBytes / (pageRows * rowBytes))),
  };
}

/** Texts are mostly a small part of what they may be; a page has all of their cells until it is encoded. */
function usualRecordBytes({ physical, elements, valueBytes }: ColumnLayout): number {
  return physical === "byteArray" ? Math.ceil(valueBytes / 8) : elements * valueBytes;
}
