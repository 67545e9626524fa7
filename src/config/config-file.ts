import { type FileHandle, open } from "node:fs/promises";
import { type DaqError, systemCode } from "../model/errors.ts";
import type { Origin } from "../toml/origin.ts";
import { configError } from "../toml/problems.ts";

const largestBytes = 1024 * 1024;

/**
 * The text of a configuration file (or pipe), at most 1 MiB of UTF-8. A byte order mark stays, for the parser. Throws
 * `DaqError("config")` when it is missing, is a folder, may not be read, or is not text.
 */
export async function readConfigFile(path: string): Promise<string> {
  const bytes = await readBytes(path);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const { line, column, byte } = firstInvalid(bytes);
    const found = `byte 0x${byte.toString(16).padStart(2, "0")} in column ${column}`;
    throw failure({ kind: "file", path, line, column }, `not UTF-8 text (${found}); save the file as UTF-8`);
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "r");
    // A byte more than allowed tells a file that is too large, also where no size is known (a pipe, a device).
    const bytes = new Uint8Array(largestBytes + 1);
    let length = 0;
    while (length < bytes.byteLength) {
      const { bytesRead } = await handle.read(bytes, length, bytes.byteLength - length);
      if (bytesRead === 0) return bytes.subarray(0, length);
      length += bytesRead;
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await handle?.close();
  }
  throw failure(undefined, `${path}: expected a configuration of at most 1 MiB; this file is larger`);
}

function unreadable(path: string, cause: unknown): DaqError {
  switch (systemCode(cause)) {
    case "ENOENT":
    case "ENOTDIR":
      return failure(undefined, `${path}: there is no such file; check the path of the configuration`);
    case "EISDIR":
      return failure(undefined, `${path}: this is a folder; name the TOML file in it`);
    case "EACCES":
    case "EPERM":
      return failure(undefined, `${path}: permission denied; the file cannot be read by this user`);
    default:
      return failure(
        undefined,
        `${path}: reading failed (${cause instanceof Error ? cause.message : String(cause)})`,
      );
  }
}

function failure(origin: Origin | undefined, message: string): DaqError {
  return configError([{ origin, subject: undefined, message }]);
}

/** Where the first byte stands that is not UTF-8. `column` counts characters from 1. */
function firstInvalid(bytes: Uint8Array): { line: number; column: number; byte: number } {
  const lenient = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const encoder = new TextEncoder();
  let offset = 0;
  let line = 1;
  let column = 1;
  for (const character of lenient) {
    const encoded = encoder.encode(character);
    if (encoded.some((byte, index) => bytes[offset + index] !== byte)) break;
    offset += encoded.byteLength;
    if (character === "\n") {
      line++;
      column = 1;
    } else column++;
  }
  return { line, column, byte: bytes[offset] ?? 0 };
}
