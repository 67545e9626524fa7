import { createReadStream } from "node:fs";
import { DaqError, systemCode } from "../../model/errors.ts";

const lineFeed = 0x0a;
const chunkBytes = 256 * 1024;
const longestLineBytes = 256 * 1024 * 1024;

export type Line = {
  readonly number: number;
  /** Of a last line without its end: undefined. */
  readonly text: string | undefined;
  /** Where the next line starts. */
  readonly endBytes: number;
};

/** The lines of a file with their places. Throws `DaqError("path")` when there is no such file, "format" for what is no text. */
export async function* linesOf(path: string): AsyncGenerator<Line, void, void> {
  const input = createReadStream(path, { highWaterMark: chunkBytes });
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let carry: Buffer[] = [];
  let carryBytes = 0;
  let endBytes = 0;
  let number = 0;
  const take = (bytes: Buffer): Line => {
    number++;
    endBytes += bytes.byteLength + 1;
    return { number, text: decode(decoder, bytes, path, number), endBytes };
  };
  try {
    for await (const chunk of input as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
        const part = chunk.subarray(start, end);
        yield take(carryBytes === 0 ? part : Buffer.concat([...carry, part]));
        carry = [];
        carryBytes = 0;
        start = end + 1;
      }
      if (start === chunk.byteLength) continue;
      carry.push(chunk.subarray(start));
      carryBytes += chunk.byteLength - start;
      if (carryBytes > longestLineBytes)
        throw new DaqError(
          "format",
          `${path}: line ${number + 1} is longer than ${longestLineBytes} bytes.`,
          {
            hint: "This is not a file of JSON lines.",
          },
        );
    }
    if (carryBytes > 0) yield { number: number + 1, text: undefined, endBytes: endBytes + carryBytes };
  } catch (error) {
    throw readError(path, error);
  } finally {
    input.destroy();
  }
}

function decode(
  decoder: InstanceType<typeof TextDecoder>,
  bytes: Buffer,
  path: string,
  number: number,
): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new DaqError("format", `${path}, line ${number}: this is not text in UTF-8.`, {
      hint: "The file is damaged, or no JSON lines. Restore it from a copy.",
      cause,
    });
  }
}

function readError(path: string, error: unknown): unknown {
  const code = systemCode(error);
  if (error instanceof DaqError || code === undefined) return error;
  return code === "ENOENT"
    ? new DaqError("path", `${path}: no such file.`, { hint: "Check the path.", cause: error })
    : new DaqError("io", `${path} cannot be read: ${code}.`, { cause: error });
}
