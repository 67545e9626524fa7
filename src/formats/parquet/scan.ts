import { parseJson } from "../../model/parse-json.ts";
import { decodeFrameHeader, type FrameHeader, frameBytes, frameChecksum, frameHeaderBytes } from "./frame.ts";
import type { ParquetInput } from "./input.ts";
import { type Opening, parseOpening } from "./opening.ts";
import { type ParsedRowGroup, parseRowGroup } from "./parse-metadata.ts";
import type { SequenceSpan } from "./sequence-span.ts";
import { decodeThrift } from "./thrift-reader.ts";
import { magic } from "./words.ts";

/** A row group that was found by its frame. */
export type FoundRowGroup = {
  readonly meta: Uint8Array;
  readonly parsed: ParsedRowGroup;
  readonly span?: SequenceSpan;
  /** Where its pages and indexes end. */
  readonly dataEndBytes: number;
  /** Of page headers and indexes. */
  readonly structureCrc: number;
  readonly endBytes: number;
};

export type Scan = {
  readonly opening: Opening;
  readonly rowGroups: readonly FoundRowGroup[];
  /** Behind the last whole row group. */
  readonly endBytes: number;
};

type FoundFrame = {
  readonly header: FrameHeader;
  readonly meta: Uint8Array;
  readonly note: string;
  readonly endBytes: number;
};

/** Goes through the frames of a file up to `untilBytes`. Undefined for a file that does not begin as ours do. */
export async function scanFrames(
  input: ParquetInput,
  untilBytes = input.sizeBytes,
): Promise<Scan | undefined> {
  const first = await frameAt(input, magic.byteLength, untilBytes);
  if (first?.header.kind !== "opening") return undefined;
  const opening = parseOpening(first.note);
  const rowGroups: FoundRowGroup[] = [];
  let endBytes = first.endBytes;
  for (;;) {
    const found = await frameAt(input, endBytes, untilBytes);
    if (found?.header.kind !== "row-group" || found.header.index !== rowGroups.length) break;
    const { dataBytes, dataCrc: structureCrc } = found.header;
    const dataEndBytes = endBytes + frameHeaderBytes + dataBytes;
    endBytes = found.endBytes;
    const parsed = parseRowGroup(decodeThrift(found.meta).fields);
    const span = found.note === "" ? {} : { span: parseJson(found.note) as SequenceSpan };
    rowGroups.push({ meta: found.meta, parsed, dataEndBytes, structureCrc, endBytes, ...span });
  }
  return { opening, rowGroups, endBytes };
}

/** The frame that begins there, when all of it is there and its checksum is right; the data is not read. */
async function frameAt(input: ParquetInput, at: number, untilBytes: number): Promise<FoundFrame | undefined> {
  if (at + frameHeaderBytes > untilBytes) return undefined;
  const head = await input.read(at, frameHeaderBytes);
  const header = decodeFrameHeader(head);
  if (header === undefined) return undefined;
  const endBytes = at + frameBytes(header);
  if (!Number.isSafeInteger(endBytes) || endBytes > untilBytes) return undefined;
  const { metaBytes, noteBytes } = header;
  const rest = await input.read(endBytes - metaBytes - noteBytes, metaBytes + noteBytes);
  const [meta, note] = [rest.subarray(0, metaBytes), rest.subarray(metaBytes)];
  if (frameChecksum(head, meta, note) !== header.crc) return undefined;
  return { header, meta, note: new TextDecoder().decode(note), endBytes };
}

const searchBytes = 1 << 20;

/** Where a whole row group begins behind `fromBytes`; undefined when there is none. */
export async function findRowGroupAfter(input: ParquetInput, fromBytes: number): Promise<number | undefined> {
  const wanted = Buffer.from("DAQ1");
  for (let at = fromBytes; at < input.sizeBytes; at += searchBytes) {
    const bytes = Buffer.from(await input.read(at, Math.min(searchBytes + 3, input.sizeBytes - at)));
    for (let found = bytes.indexOf(wanted); found >= 0; found = bytes.indexOf(wanted, found + 1)) {
      const frame = await frameAt(input, at + found, input.sizeBytes);
      if (frame?.header.kind === "row-group") return at + found;
    }
  }
  return undefined;
}
