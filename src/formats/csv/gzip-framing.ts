import { DaqError } from "../../model/errors.ts";

/**
 * RFC 1952. One member:
 *
 *     1f 8b 08 flags  mtime(4)  xfl os │ optional fields │ deflate blocks │ crc32(4) size(4)
 */
export const memberHeader = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
export const trailerBytes = 8;

/** An empty last block with fixed codes: ends deflate blocks that were flushed to a byte boundary. */
const lastBlock = [0x03, 0x00] as const;

/** What turns flushed deflate blocks into a whole member. */
export function memberEnd(crc: number, textBytes: number): Uint8Array {
  const end = new Uint8Array(lastBlock.length + trailerBytes);
  end.set(lastBlock);
  const view = new DataView(end.buffer, end.byteOffset, end.byteLength);
  view.setUint32(lastBlock.length, crc, true);
  view.setUint32(lastBlock.length + 4, textBytes >>> 0, true);
  return end;
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Length of the member header at the start of `bytes`, or undefined when it goes on behind them.
 * Throws `DaqError("format")` when there is no member.
 */
export function memberHeaderBytes(bytes: Uint8Array, where: string): number | undefined {
  for (const [index, expected] of [0x1f, 0x8b, 8].entries()) {
    if (index >= bytes.length) return undefined;
    if (bytes[index] !== expected)
      throw new DaqError("format", `${where}: a gzip member (1f 8b 08) was expected, found other bytes.`, {
        hint: "The file was damaged or joined with something else; keep it, and read it up to there with `gzip -dc`.",
      });
  }
  if (bytes.length < 10) return undefined;
  const flags = bytes[3]!;
  let at = 10;
  if (flags & 4) at += 2 + (bytes[10] ?? 0) + 256 * (bytes[11] ?? 0);
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    at = end + 1;
  }
  if (flags & 2) at += 2;
  return at <= bytes.length ? at : undefined;
}
