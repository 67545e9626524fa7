import type { ByteSink, OpenSink } from "../../bytes/byte-sink.ts";
import { writeError } from "../../model/errors.ts";

/** A disk whose files cannot grow beyond `capacityBytes` each: like the real one, it takes what fits and then fails. */
export class SmallDisk {
  capacityBytes = Number.POSITIVE_INFINITY;
  /** How often each file was flushed to the device. */
  readonly flushes = new Map<string, number>();
  /** Files with something in them that was not flushed behind it. */
  readonly unflushed = new Set<string>();
  readonly openSink: OpenSink;

  constructor(open: OpenSink) {
    this.openSink = async (path, options) => this.#limit(await open(path, options));
  }

  #limit(sink: ByteSink): ByteSink {
    const writeAll = async (pieces: readonly Uint8Array[]): Promise<void> => {
      this.unflushed.add(sink.path);
      let roomBytes = Math.max(0, this.capacityBytes - sink.positionBytes);
      const wantedBytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
      if (wantedBytes <= roomBytes) return sink.writeAll(pieces);
      for (const piece of pieces) {
        await sink.write(piece.subarray(0, roomBytes));
        roomBytes -= Math.min(roomBytes, piece.byteLength);
      }
      throw diskFull(sink.path);
    };
    const writeAt = async (offsetBytes: number, pieces: readonly Uint8Array[]): Promise<void> => {
      this.unflushed.add(sink.path);
      let roomBytes = Math.max(0, this.capacityBytes - offsetBytes);
      const fitting = pieces.map((piece) => {
        const part = piece.subarray(0, roomBytes);
        roomBytes -= part.byteLength;
        return part;
      });
      await sink.writeAt!(offsetBytes, fitting);
      if (fitting.at(-1)?.byteLength !== pieces.at(-1)?.byteLength) throw diskFull(sink.path);
    };
    return {
      path: sink.path,
      ...(sink.writeAt === undefined ? {} : { writeAt }),
      get positionBytes() {
        return sink.positionBytes;
      },
      write: (bytes) => writeAll([bytes]),
      writeAll,
      truncate: (bytes) => {
        this.unflushed.add(sink.path);
        return sink.truncate(bytes);
      },
      flush: () => {
        this.unflushed.delete(sink.path);
        this.flushes.set(sink.path, (this.flushes.get(sink.path) ?? 0) + 1);
        return sink.flush();
      },
      close: () => sink.close(),
    };
  }
}

function diskFull(path: string): Error {
  return writeError(
    path,
    Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }),
  );
}
