/** How many bytes the pieces have together. */
export function bytesOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
}

/** The pieces as one buffer; a copy only where there are several, or where memory is shared with other threads. */
export function joinedPieces(pieces: readonly Uint8Array[]): Buffer {
  const [first] = pieces;
  if (pieces.length === 1 && first !== undefined && first.buffer instanceof ArrayBuffer)
    return Buffer.from(first.buffer, first.byteOffset, first.byteLength);
  const joined = Buffer.allocUnsafe(bytesOf(pieces));
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.byteLength;
  }
  return joined;
}
