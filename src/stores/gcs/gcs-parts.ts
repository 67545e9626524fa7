import type { AttemptTime } from "../attempt-time.ts";
import type { PartUpload } from "../cloud-store.ts";
import { joinedPieces } from "../joined-pieces.ts";
import { gcsError } from "./gcs-error.ts";

/** All pieces of a resumable upload but the last are multiples of it. */
const pieceBytes = 256 << 10;

export type GcsPlace = {
  readonly url: string;
  readonly key: string;
  /** The session's address, which is its own permission. */
  readonly session: string;
  readonly time: AttemptTime;
};

/** A resumable upload: one session, pieces one after the other, each with its place in the object. */
export class GcsParts implements PartUpload {
  readonly #place: GcsPlace;
  #storedBytes = 0;
  #tail: Uint8Array = new Uint8Array(0);

  constructor(place: GcsPlace) {
    this.#place = place;
  }

  async putPart(number: number, bytes: Uint8Array): Promise<void> {
    // Only the last part may be odd: it is sent when it is known to be the last.
    const even = bytes.byteLength - (bytes.byteLength % pieceBytes);
    await this.#send(`Writing part ${number} of`, bytes.subarray(0, even), undefined);
    this.#tail = bytes.slice(even);
  }

  async complete(): Promise<void> {
    await this.#send("Completing", this.#tail, this.#storedBytes + this.#tail.byteLength);
  }

  async abort(): Promise<void> {
    const { session, time, url, key } = this.#place;
    try {
      // 499 is Google's word for "cancelled"; 404 and 410: gone already.
      await time.run(0, (signal) => fetch(session, { method: "DELETE", signal }));
    } catch (error) {
      throw gcsError(url, key, "Giving up", error);
    }
  }

  /** May be made again with the same bytes: Google passes over those that it has already. */
  async #send(doing: string, bytes: Uint8Array, totalBytes: number | undefined): Promise<void> {
    const { session, time, url, key } = this.#place;
    const start = this.#storedBytes;
    const end = start + bytes.byteLength;
    const range = bytes.byteLength === 0 ? "*" : `${start}-${end - 1}`;
    const headers = { "Content-Range": `bytes ${range}/${totalBytes ?? "*"}` };
    try {
      const answer = await time.run(bytes.byteLength, async (signal) => {
        const body = bytes.byteLength === 0 ? null : joinedPieces([bytes]);
        const response = await fetch(session, { method: "PUT", headers, body, signal });
        await response.arrayBuffer();
        return response;
      });
      if (answer.ok && totalBytes !== undefined) return;
      if (answer.status !== 308) throw failure(answer.status, answer.statusText);
      if (totalBytes !== undefined || storedBytes(answer.headers.get("range")) !== end)
        throw failure(503, "not all of it arrived");
      this.#storedBytes = end;
    } catch (error) {
      throw gcsError(url, key, doing, error);
    }
  }
}

function failure(httpStatus: number, message: string): Error {
  return Object.assign(new Error(message), { code: httpStatus });
}

/** "bytes=0-8388607" is 8 MiB; without the header the store has nothing yet. */
function storedBytes(range: string | null): number {
  const [, last] = /^bytes=0-(\d+)$/.exec(range ?? "") ?? [];
  return last === undefined ? 0 : Number(last) + 1;
}
