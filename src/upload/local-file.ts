import type { FileHandle } from "node:fs/promises";
import { open, stat } from "node:fs/promises";
import { DaqError, systemCode } from "../model/errors.ts";

/** What a file is known by without reading it: when this is the same, so is the content. */
export type Fingerprint = {
  readonly bytes: number;
  /** Decimal digits. */
  readonly mtimeNs: string;
  readonly inode: string;
};

export function isSameFile(left: Fingerprint, right: Fingerprint): boolean {
  return left.bytes === right.bytes && left.mtimeNs === right.mtimeNs && left.inode === right.inode;
}

/** A file here could not be read: no store is to blame, and trying again does not help. */
export class LocalReadError extends DaqError {
  constructor(path: string, cause: unknown) {
    super("path", `Reading ${path} for the upload failed: ${(cause as Error).message}`, {
      hint: "Check the disk and who may read the file; what was uploaded stays proven, and `daq upload` goes on.",
      cause,
    });
  }
}

/** Of the file that has the name now; undefined when there is none. */
export async function fingerprintAt(path: string): Promise<Fingerprint | undefined> {
  try {
    return fromStatus(await stat(path, { bigint: true }));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new LocalReadError(path, error);
  }
}

type BigStatus = { readonly size: bigint; readonly mtimeNs: bigint; readonly ino: bigint };

function fromStatus({ size, mtimeNs, ino }: BigStatus): Fingerprint {
  return { bytes: Number(size), mtimeNs: `${mtimeNs}`, inode: `${ino}` };
}

function isMissing(error: unknown): boolean {
  return systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR";
}

/** A file that is read once, from its beginning, and knows whether it changed meanwhile. */
export class LocalFile {
  readonly path: string;
  readonly fingerprint: Fingerprint;
  readonly #handle: FileHandle;

  /** Undefined when there is no such file. */
  static async open(path: string): Promise<LocalFile | undefined> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, "r");
      return new LocalFile(path, handle, fromStatus(await handle.stat({ bigint: true })));
    } catch (error) {
      await handle?.close();
      if (isMissing(error)) return undefined;
      throw new LocalReadError(path, error);
    }
  }

  private constructor(path: string, handle: FileHandle, fingerprint: Fingerprint) {
    this.path = path;
    this.#handle = handle;
    this.fingerprint = fingerprint;
  }

  /** Fills `target` from there on; returns how much of it, which is less only at the end of the file. */
  async read(offsetBytes: number, target: Uint8Array): Promise<Uint8Array> {
    let done = 0;
    try {
      while (done < target.byteLength) {
        const { bytesRead } = await this.#handle.read(
          target,
          done,
          target.byteLength - done,
          offsetBytes + done,
        );
        if (bytesRead === 0) break;
        done += bytesRead;
      }
    } catch (error) {
      throw new LocalReadError(this.path, error);
    }
    return target.subarray(0, done);
  }

  /** True while the name still stands for this file, and nothing was written to it since it was opened. */
  async isUnchanged(): Promise<boolean> {
    const now = await fingerprintAt(this.path);
    return now !== undefined && isSameFile(now, this.fingerprint);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
