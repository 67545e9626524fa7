import { crc32 } from "node:zlib";
import { openFileSink } from "../../bytes/file-sink.ts";
import { DaqError } from "../../model/errors.ts";
import { AccountBook, type Ledger } from "../../model/ledger.ts";
import type { RecoveredFile } from "../contract.ts";
import { type FileContents, readContents } from "./contents.ts";
import { damaged, ParquetInput } from "./input.ts";
import { compressionOf } from "./page-codec.ts";
import { findRowGroupAfter } from "./scan.ts";
import { joinedSpans, type SequenceSpan, spanOf } from "./sequence-span.ts";
import { ParquetStreamFile } from "./stream-file.ts";
import { TailFile } from "./tail-file.ts";
import type { TailContents } from "./tail-frames.ts";
import { decodeThrift } from "./thrift-reader.ts";

type Unfinished = Extract<FileContents, { state: "unfinished" }>;

/**
 * Cuts a torn row group off, adds the records of the tail, and writes the footer. A file that is complete stays as it is.
 * Throws `DaqError("format")`, and changes nothing, when whole row groups lie behind the damage or when another program
 * wrote the file.
 */
export async function recoverParquet(path: string): Promise<RecoveredFile> {
  await using input = await ParquetInput.open(path);
  const contents = await readContents(input);
  if (contents.state === "complete") {
    const { rows } = contents.footer;
    // A crash behind the footer leaves them.
    if (contents.footer.metadata.has("daq.run")) await new TailFile(path, openFileSink, true).remove();
    return { path, changed: false, records: rows, cutBytes: 0 };
  }
  await refuseDamageInside(input, contents);
  return finish(input, contents);
}

async function finish(input: ParquetInput, { scan, tail: found }: Unfinished): Promise<RecoveredFile> {
  const { path } = input;
  const { stream, info, index, codec, encoding } = scan.opening;
  const tail = new TailFile(path, openFileSink, true);
  await tail.resume(found && { slot: found.slot, bytes: found.contents.bytes });
  const sink = await openFileSink(path, { resumeAtBytes: scan.endBytes });
  const stored = {
    rowGroups: scan.rowGroups.map(({ meta }) => meta),
    records: scan.rowGroups.reduce((sum, { parsed }) => sum + parsed.rows, 0),
    ...(found === undefined ? {} : { tail: found.contents }),
  };
  const options = { compression: compressionOf(codec), durability: "power", parquet: { encoding } } as const;
  const file = await ParquetStreamFile.resume(sink, { stream, info, options, tail, index }, stored);
  try {
    await file.close(knownLedger({ scan, found, name: stream.name }));
  } catch (error) {
    await file.release();
    throw error;
  }
  const records = stored.records + (found?.contents.records ?? 0);
  return { path, changed: true, records, cutBytes: input.sizeBytes - scan.endBytes + (found?.cutBytes ?? 0) };
}

async function refuseDamageInside(input: ParquetInput, { scan }: Unfinished): Promise<void> {
  const next = await findRowGroupAfter(input, scan.endBytes);
  if (next !== undefined)
    throw new DaqError(
      "format",
      `${input.path} is damaged at byte ${scan.endBytes}, but a whole row group follows at byte ${next}; it was not changed.`,
      { hint: "Restore the file from a copy." },
    );
  for (const [at, { parsed, dataEndBytes, structureCrc }] of scan.rowGroups.entries()) {
    let checksum = 0;
    let end = 0;
    for (const { startBytes, bytes, path } of parsed.chunks) {
      const checked = checkPages(await input.read(startBytes, bytes), checksum);
      if (typeof checked === "string")
        throw damaged(
          input.path,
          `column ${path[0]} of row group ${at}, byte ${startBytes}: ${checked}; it was not changed`,
        );
      checksum = checked;
      end = startBytes + bytes;
    }
    checksum = crc32(await input.read(end, dataEndBytes - end), checksum);
    if (checksum !== structureCrc)
      throw damaged(
        input.path,
        `the page headers or indexes of row group ${at}, before byte ${dataEndBytes}, were changed; it was not touched`,
      );
  }
}

/** What is wrong with the pages of a column chunk; else the checksum continued with their headers. */
function checkPages(chunk: Uint8Array, before: number): string | number {
  let checksumOfHeaders = before;
  let position = 0;
  while (position < chunk.byteLength) {
    let header: ReturnType<typeof decodeThrift>;
    try {
      header = decodeThrift(chunk.subarray(position));
    } catch (error) {
      return `a page header cannot be read (${error instanceof Error ? error.message : error})`;
    }
    const bytes = header.fields.get(3);
    const checksum = header.fields.get(4);
    if (typeof bytes !== "number" || typeof checksum !== "number" || bytes < 0)
      return "a page header is incomplete";
    const start = position + header.length;
    checksumOfHeaders = crc32(chunk.subarray(position, start), checksumOfHeaders);
    position = start + bytes;
    if (position > chunk.byteLength) return "a page is longer than its column";
    if (crc32(chunk.subarray(start, position)) !== checksum >>> 0) return "a page's checksum is wrong";
  }
  return checksumOfHeaders;
}

/**
 * What the records themselves tell: how many there are, and which sequence numbers are missing between them. What came
 * after the last one is unknown, so the ledger is not complete.
 */
function knownLedger({
  scan,
  found,
  name,
}: {
  scan: Unfinished["scan"];
  found: Unfinished["tail"];
  name: string;
}): Ledger {
  const book = new AccountBook(name);
  const atNs = String(BigInt(Date.now()) * 1_000_000n);
  const lose = (first: number, count: number, detail: string): void =>
    book.lose({ first, count, reason: "aborted", atNs, detail });
  for (const { parsed } of scan.rowGroups) book.store(parsed.rows);
  book.store(found?.contents.records ?? 0);
  const spans = [
    ...scan.rowGroups.map(({ span }) => span),
    ...(found?.contents.sets ?? []).map(({ span }) => span),
    ...(scan.opening.index === "none" ? [] : (found?.contents.rows ?? []).map(spanOfRows)),
  ];
  const whole = spans.reduce<SequenceSpan | undefined>(joinedSpans, undefined);
  if (whole !== undefined) {
    lose(0, whole.first, "not in the file when it was recovered");
    for (const [first, count] of whole.holes) lose(first, count, "not in the file when it was recovered");
    if (whole.moreMissing !== undefined)
      lose(whole.holes.at(-1)![0], whole.moreMissing, `in many places from here to ${whole.last}`);
  }
  return { complete: false, accounts: [book.account()] };
}

function spanOfRows({ columns, rows }: TailContents["rows"][number]): SequenceSpan | undefined {
  const { bytes } = columns[1]!;
  return spanOf(new BigInt64Array(bytes.buffer, bytes.byteOffset, rows), rows);
}
