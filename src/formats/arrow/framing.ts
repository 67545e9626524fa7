import { FileBlock, Footer } from "apache-arrow/ipc/metadata/file";
import type { Schema } from "apache-arrow/schema";

/**
 * Every message starts, and every body buffer lies, at a multiple of this many bytes from the start of the file: the
 * alignment that the Arrow specification recommends, so that a mapped file is used in place, with SIMD.
 */
export const alignmentBytes = 64;

/** The first 8 bytes of a file; a stream reader starts after them. */
export const fileStart = Uint8Array.from([0x41, 0x52, 0x52, 0x4f, 0x57, 0x31, 0, 0]);

/** The last 6 bytes of a finished file. */
export const fileEndMagic = fileStart.subarray(0, 6);

/** Footer length (int32) and magic. */
export const fileTailBytes = 4 + fileEndMagic.byteLength;

/** Continuation marker and length, before the metadata of each message. */
export const messagePrefixBytes = 8;

export const continuationMarker = 0xffffffff;

/** Zeros to pad with; never written to. */
export const padding = new Uint8Array(alignmentBytes);

export function paddingBytes(bytes: number): number {
  return (alignmentBytes - (bytes % alignmentBytes)) % alignmentBytes;
}

/** Where one message lies: what the footer says of each record batch. */
export type MessageBlock = {
  readonly offsetBytes: number;
  /** Prefix, metadata and its padding. */
  readonly metadataBytes: number;
  readonly bodyBytes: number;
};

/** Prefix, metadata and padding of a message that starts at `offsetBytes`; the body after it is aligned. */
export function frameMessage(metadata: Uint8Array, offsetBytes: number): Uint8Array {
  const used = messagePrefixBytes + metadata.byteLength;
  const framed = new Uint8Array(used + paddingBytes(offsetBytes + used));
  const view = new DataView(framed.buffer);
  view.setUint32(0, continuationMarker, true);
  view.setInt32(4, framed.byteLength - messagePrefixBytes, true);
  framed.set(metadata, messagePrefixBytes);
  return framed;
}

/** End-of-stream marker, footer, footer length and magic. `schema` is the final one, with the ledger. */
export function encodeFileEnd(schema: Schema, blocks: readonly MessageBlock[]): Uint8Array {
  const footer = Footer.encode(
    new Footer(
      schema,
      undefined,
      blocks.map((block) => new FileBlock(block.metadataBytes, block.bodyBytes, block.offsetBytes)),
      [],
    ),
  );
  const end = new Uint8Array(messagePrefixBytes + footer.byteLength + fileTailBytes);
  const view = new DataView(end.buffer);
  view.setUint32(0, continuationMarker, true);
  end.set(footer, messagePrefixBytes);
  view.setInt32(messagePrefixBytes + footer.byteLength, footer.byteLength, true);
  end.set(fileEndMagic, end.byteLength - fileEndMagic.byteLength);
  return end;
}
