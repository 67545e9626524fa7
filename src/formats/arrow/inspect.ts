import type { FileSummary } from "../contract.ts";
import { readIndexEnds } from "./batch-values.ts";
import { describeFileSchema, type FileSchema } from "./file-schema.ts";
import { ArrowInput } from "./input.ts";
import type { ArrowSchema } from "./message.ts";
import { type FoundBatch, readBatchHeader, type Scan, scanBlocks, scanMessages } from "./scan.ts";

/** What is in a file, from its headers: the values are not read, whatever the file's size. */
export async function inspectArrow(path: string): Promise<FileSummary> {
  const input = await ArrowInput.open(path);
  try {
    const { state, schema, file, batches, notes } = await readContents(input);
    const times = await timestampEnds(input, schema, file, batches);
    return {
      path,
      format: "arrow",
      bytes: input.sizeBytes,
      state,
      ...(file.run === undefined ? {} : { run: file.run }),
      streams: [
        { schema: file.stream, records: batches.reduce((sum, batch) => sum + batch.records, 0), ...times },
      ],
      ...(state === "complete" && file.ledger !== undefined ? { ledger: file.ledger } : {}),
      notes: [...file.notes, ...notes],
    };
  } finally {
    await input.close();
  }
}

export type ArrowContents = {
  readonly state: FileSummary["state"];
  readonly schema: ArrowSchema;
  readonly file: FileSchema;
  readonly batches: readonly FoundBatch[];
  readonly notes: readonly string[];
  /** Only of an unfinished file. */
  readonly scan?: Scan;
};

/** By the footer when there is a good one, else by going through the messages. */
export async function readContents(input: ArrowInput): Promise<ArrowContents> {
  const notes: string[] = [];
  const footer = await input.footer().catch((error: unknown) => {
    notes.push(error instanceof Error ? error.message : String(error));
    return undefined;
  });
  if (footer !== undefined) {
    // A finished file whose batches are not what the footer says is damaged, not unfinished: this throws.
    const batches = await scanBlocks(input, footer.schema.fields, footer.batches);
    const file = describeFileSchema(input.path, footer.schema);
    return { state: "complete", schema: footer.schema, file, batches, notes };
  }
  const scan = await scanMessages(input);
  const { schema, batches, endBytes } = scan;
  const file = describeFileSchema(input.path, schema);
  const rest = input.sizeBytes - endBytes;
  // A bare stream has no footer to miss: its marker is its end.
  if (input.startBytes === 0 && scan.end === "end-of-stream")
    return { state: "complete", schema, file, batches, notes };
  if (scan.end === "cut") notes.push(`The last ${rest} bytes are a batch that is not complete.`);
  if (scan.end === "damaged")
    notes.push(`From byte ${endBytes} on (${rest} bytes) the file is damaged: ${scan.problem}.`);
  if (scan.end === "end-of-stream") notes.push("The footer is missing or damaged; all batches are there.");
  return { state: "unfinished", schema, file, batches, notes, scan };
}

async function timestampEnds(
  input: ArrowInput,
  schema: ArrowSchema,
  file: FileSchema,
  batches: readonly FoundBatch[],
): Promise<{ firstTimestampNs?: string; lastTimestampNs?: string }> {
  const filled = batches.filter((batch) => batch.records > 0);
  const [first, last] = [filled[0], filled.at(-1)];
  if (file.timestampField === undefined || first === undefined || last === undefined) return {};
  const ends = async (batch: FoundBatch) =>
    readIndexEnds(input, schema, file.timestampField!, {
      header: await readBatchHeader(input, schema.fields, batch),
      bodyOffsetBytes: batch.offsetBytes + batch.metadataBytes,
      bodyBytes: batch.bodyBytes,
    });
  const [firstEnds, lastEnds] = [await ends(first), await ends(last)];
  if (firstEnds === undefined || lastEnds === undefined) return {};
  return {
    firstTimestampNs: String(firstEnds[0] * file.timestampUnitNs),
    lastTimestampNs: String(lastEnds[1] * file.timestampUnitNs),
  };
}
