import { crc32 } from "node:zlib";

/**
 * What stands between the parts that Parquet knows, so that a file without a footer can be read again, and what the tail
 * files consist of:
 *
 *     ┌──────────────────────────────── 48 bytes ────────────────────────────────┐
 *     │ "DAQ1" │ crc │ kind │ index │ dataBytes (8) │ rows (8) │ metaBytes │ noteBytes │ dataCrc │ 0 │
 *     ├──────────────────────────────────────────────────────────────────────────┤
 *     │ data     pages of a row group, or of a tail                              │
 *     │ meta     the row group as the footer will have it (Thrift)               │
 *     │ note     JSON                                                            │
 *     └──────────────────────────────────────────────────────────────────────────┘
 *
 * All integers are little-endian, of 4 bytes where nothing else is said. `crc` is of the header behind it, the meta and the
 * note. `dataCrc` is of the data in a tail; of a row group it is that of the page headers and the indexes, one behind the other,
 * because each page has its own.
 */
export type Frame = {
  readonly kind: FrameKind;
  /** Of the row group, from 0. */
  readonly index: number;
  readonly rows: number;
  readonly data: readonly Uint8Array[];
  readonly meta?: Uint8Array;
  readonly note: string;
  /** Absent: that of all the data is made here. */
  readonly dataCrc?: number;
};

export type FrameHeader = {
  readonly kind: FrameKind;
  readonly index: number;
  readonly rows: number;
  readonly dataBytes: number;
  readonly metaBytes: number;
  readonly noteBytes: number;
  readonly dataCrc: number;
  readonly crc: number;
};

const kinds = ["opening", "row-group", "page-set", "rows"] as const;
export type FrameKind = (typeof kinds)[number];

export const frameHeaderBytes = 48;
const magic = 0x31514144; // "DAQ1"
const checkedFrom = 8;
const text = new TextEncoder();

/** The pieces of a frame, in order. */
export function encodeFrame({ kind, index, rows, data, meta, note, dataCrc }: Frame): Uint8Array[] {
  const header = new Uint8Array(frameHeaderBytes);
  const view = new DataView(header.buffer);
  const metaBytes = meta ?? new Uint8Array(0);
  const noteBytes = text.encode(note);
  view.setUint32(0, magic, true);
  view.setUint32(8, kinds.indexOf(kind), true);
  view.setUint32(12, index, true);
  view.setBigUint64(16, BigInt(data.reduce((sum, piece) => sum + piece.byteLength, 0)), true);
  view.setBigUint64(24, BigInt(rows), true);
  view.setUint32(32, metaBytes.byteLength, true);
  view.setUint32(36, noteBytes.byteLength, true);
  view.setUint32(40, dataCrc ?? data.reduce((checksum, piece) => crc32(piece, checksum), 0), true);
  view.setUint32(4, frameChecksum(header, metaBytes, noteBytes), true);
  return [header, ...data, metaBytes, noteBytes];
}

export function frameChecksum(header: Uint8Array, meta: Uint8Array, note: Uint8Array): number {
  return crc32(note, crc32(meta, crc32(header.subarray(checkedFrom))));
}

/** Undefined when the bytes do not begin a frame. Nothing is known to be right before `frameChecksum` is compared. */
export function decodeFrameHeader(bytes: Uint8Array): FrameHeader | undefined {
  if (bytes.byteLength < frameHeaderBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, frameHeaderBytes);
  const kind = kinds[view.getUint32(8, true)];
  if (view.getUint32(0, true) !== magic || kind === undefined) return undefined;
  return {
    kind,
    index: view.getUint32(12, true),
    dataBytes: Number(view.getBigUint64(16, true)),
    rows: Number(view.getBigUint64(24, true)),
    metaBytes: view.getUint32(32, true),
    noteBytes: view.getUint32(36, true),
    dataCrc: view.getUint32(40, true),
    crc: view.getUint32(4, true),
  };
}

/** Bytes of a whole frame. */
export function frameBytes({ dataBytes, metaBytes, noteBytes }: FrameHeader): number {
  return frameHeaderBytes + dataBytes + metaBytes + noteBytes;
}
