import { type FileHandle, open } from "node:fs/promises";
import { DaqError, systemCode } from "../../model/errors.ts";
import { magic } from "./words.ts";

/** A Parquet file, or what a crash left of one, that is read. */
export class ParquetInput {
  readonly path: string;
  readonly sizeBytes: number;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle, sizeBytes: number) {
    this.path = path;
    this.#handle = handle;
    this.sizeBytes = sizeBytes;
  }

  /** Throws `DaqError("path")` for a file that cannot be opened, `DaqError("format")` for one that is no Parquet file. */
  static async open(path: string): Promise<ParquetInput> {
    let handle: FileHandle;
    try {
      handle = await open(path, "r");
    } catch (cause) {
      const reason = systemCode(cause) === "ENOENT" ? "no such file" : (cause as Error).message;
      throw new DaqError("path", `${path} cannot be read: ${reason}.`, { hint: "Check the path.", cause });
    }
    try {
      const { size } = await handle.stat();
      const input = new ParquetInput(path, handle, size);
      const start = await input.read(0, Math.min(magic.byteLength, size));
      if (Buffer.compare(start, magic) === 0) return input;
      const isEncrypted = Buffer.from(start).toString("latin1") === "PARE";
      throw new DaqError(
        "format",
        isEncrypted
          ? `${path} is an encrypted Parquet file.`
          : `${path} is not a Parquet file: it does not begin with "PAR1".`,
        {
          hint: isEncrypted
            ? "Decrypt it with the program that made it."
            : "Check that it is the file that was meant; `daq inspect` tells formats apart by the extension.",
        },
      );
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Throws `DaqError("format")` when the file ends before. */
  async read(offsetBytes: number, bytes: number): Promise<Uint8Array> {
    if (offsetBytes < 0 || bytes < 0 || offsetBytes + bytes > this.sizeBytes)
      throw damaged(
        this.path,
        `bytes ${offsetBytes} to ${offsetBytes + bytes} are needed, but it has ${this.sizeBytes}`,
      );
    const buffer = new Uint8Array(bytes);
    let filled = 0;
    while (filled < bytes) {
      const { bytesRead } = await this.#handle.read(buffer, filled, bytes - filled, offsetBytes + filled);
      if (bytesRead === 0) throw damaged(this.path, `it became shorter while it was read`);
      filled += bytesRead;
    }
    return buffer;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

export function damaged(path: string, problem: string, cause?: unknown): DaqError {
  return new DaqError("format", `${path} is damaged: ${problem}.`, {
    hint: "Restore it from a copy. What is whole in a finished file can be read by other programs, column by column; one that was not closed is finished by `daq recover`.",
    cause,
  });
}
