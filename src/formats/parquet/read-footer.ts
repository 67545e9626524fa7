import { damaged, type ParquetInput } from "./input.ts";
import { type ParsedMetadata, parseMetadata } from "./parse-metadata.ts";
import { decodeThrift } from "./thrift-reader.ts";
import { magic } from "./words.ts";

const endBytes = 8;

/** Undefined when the file does not end as a finished one. Throws `DaqError("format")` when the footer is damaged. */
export async function readFooter(input: ParquetInput): Promise<ParsedMetadata | undefined> {
  const { path, sizeBytes } = input;
  if (sizeBytes < magic.byteLength + endBytes) return undefined;
  const end = await input.read(sizeBytes - endBytes, endBytes);
  if (Buffer.compare(end.subarray(4), magic) !== 0) return undefined;
  const length = new DataView(end.buffer, end.byteOffset).getUint32(0, true);
  if (length > sizeBytes - endBytes - magic.byteLength)
    throw damaged(path, `its footer is to have ${length} bytes, more than there are`);
  const bytes = await input.read(sizeBytes - endBytes - length, length);
  try {
    return parseMetadata(decodeThrift(bytes).fields);
  } catch (cause) {
    throw damaged(
      path,
      `its footer cannot be read (${cause instanceof Error ? cause.message : cause})`,
      cause,
    );
  }
}
