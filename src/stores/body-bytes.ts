import type { Readable } from "node:stream";

/** All bytes of an answer; the connection is given up when `signal` says so. */
export async function bodyBytes(body: Readable, signal: AbortSignal): Promise<Uint8Array> {
  const stop = (): void => {
    body.destroy(signal.reason);
  };
  signal.addEventListener("abort", stop);
  try {
    const pieces: Buffer[] = [];
    for await (const piece of body) pieces.push(piece);
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
