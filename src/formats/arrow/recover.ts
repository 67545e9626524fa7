import { openFileSink } from "../../bytes/file-sink.ts";
import { DaqError } from "../../model/errors.ts";
import { AccountBook, type Ledger } from "../../model/ledger.ts";
import type { RecoveredFile } from "../contract.ts";
import { readIndexColumn, readIndexEnds } from "./batch-values.ts";
import type { FileSchema } from "./file-schema.ts";
import { encodeFileEnd } from "./framing.ts";
import { ArrowInput } from "./input.ts";
import { type ArrowContents, readContents } from "./inspect.ts";
import { findBatchAfter, readBatchHeader, type Scan } from "./scan.ts";
import { encodeStreamSchema, type IndexColumns } from "./schema.ts";

/**
 * Cuts a torn tail off and writes the footer. A file that is complete stays as it is. Throws `DaqError("format")`, and
 * changes nothing, when good batches lie behind the damage or when another program wrote the file.
 */
export async function recoverArrow(path: string): Promise<RecoveredFile> {
  const input = await ArrowInput.open(path);
  try {
    const contents = await readContents(input);
    const { file, batches, scan } = contents;
    const records = batches.reduce((sum, batch) => sum + batch.records, 0);
    if (scan === undefined) return { path, changed: false, records, cutBytes: 0 };
    if (!file.own || file.run === undefined)
      throw new DaqError(
        "format",
        `${path} is not finished, and was not written by daq-storage; it was not changed.`,
        {
          hint: "Read it as an Arrow stream after its first 8 bytes, and write it again with the program that made it.",
        },
      );
    await refuseDamageInside(input, scan);
    const ledger = await knownLedger(input, contents);
    const schema = encodeStreamSchema(file.stream, file.run, indexOf(file), ledger);
    const cutBytes = input.sizeBytes - scan.endBytes;
    const sink = await openFileSink(path, { resumeAtBytes: scan.endBytes });
    try {
      await sink.write(encodeFileEnd(schema, batches));
      await sink.flush();
    } finally {
      await sink.close();
    }
    return { path, changed: true, records, cutBytes };
  } finally {
    await input.close();
  }
}

async function refuseDamageInside(input: ArrowInput, scan: Scan): Promise<void> {
  if (scan.end === "clean" || scan.end === "end-of-stream") return;
  const next = await findBatchAfter(input, scan.schema.fields, scan.endBytes);
  if (next === undefined) return;
  throw new DaqError(
    "format",
    `${input.path} is damaged at byte ${scan.endBytes}, but good batches follow from byte ${next} on; it was not changed.`,
    {
      hint: "Restore the file from a copy. To keep what is before the damage, convert it with `daq convert`.",
    },
  );
}

/**
 * What the batches themselves tell: how many records there are, and which sequence numbers are missing between them.
 * What came after the last batch is unknown, so the ledger is not complete.
 */
async function knownLedger(input: ArrowInput, { schema, file, batches }: ArrowContents): Promise<Ledger> {
  const book = new AccountBook(file.stream.name);
  const atNs = String(BigInt(Date.now()) * 1_000_000n);
  let expected = 0n;
  const holeBefore = (sequence: bigint): void => {
    if (sequence < expected) return;
    const count = Number(sequence - expected);
    book.lose({
      first: Number(expected),
      count,
      reason: "aborted",
      atNs,
      detail: "not in the file when it was recovered",
    });
    expected = sequence + 1n;
  };
  for (const block of batches) {
    book.store(block.records);
    if (file.sequenceField === undefined || block.records === 0) continue;
    const header = await readBatchHeader(input, schema.fields, block);
    const bodyOffsetBytes = block.offsetBytes + block.metadataBytes;
    const batch = { header, bodyOffsetBytes, bodyBytes: block.bodyBytes };
    const ends = await readIndexEnds(input, schema, file.sequenceField, batch);
    if (ends === undefined) continue;
    if (ends[1] - ends[0] + 1n === BigInt(block.records)) {
      holeBefore(ends[0]);
      if (ends[1] >= expected) expected = ends[1] + 1n;
    } else
      for (const sequence of await readIndexColumn(input, schema, file.sequenceField, batch))
        holeBefore(sequence);
  }
  return { complete: false, accounts: [book.account()] };
}

function indexOf(file: FileSchema): IndexColumns {
  if (file.timestampField === undefined) return "none";
  return file.sequenceField === undefined ? "timestamp" : "full";
}
