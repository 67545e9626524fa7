import { DaqError } from "../../model/errors.ts";
import { placesOf } from "./batch-places.ts";
import { alignmentBytes, continuationMarker, type MessageBlock } from "./framing.ts";
import type { ArrowInput, FoundMessage } from "./input.ts";
import type { ArrowField, ArrowSchema, BatchHeader } from "./message.ts";

/** A record batch that is in the file with its whole body. */
export type FoundBatch = MessageBlock & { readonly records: number };

export type Scan = {
  readonly schema: ArrowSchema;
  readonly batches: readonly FoundBatch[];
  /** Right behind the last complete message. */
  readonly endBytes: number;
  /** `clean`: the file ends there. `end-of-stream`: the marker stands there. Otherwise what stands there instead. */
  readonly end: "clean" | "end-of-stream" | "cut" | "damaged";
  readonly problem?: string;
};

/** The schema message. Throws `DaqError("format")` when it is not whole. */
export async function readSchema(input: ArrowInput): Promise<{ schema: ArrowSchema; endBytes: number }> {
  const found = await input.messageAt(input.startBytes);
  if (found.kind === "message" && found.message.kind === "schema" && found.endBytes <= input.sizeBytes) {
    return { schema: found.message.schema, endBytes: found.endBytes };
  }
  const problem =
    found.kind === "cut"
      ? "it ends inside its schema, before the first record"
      : found.kind === "damaged"
        ? `its schema is damaged (${found.problem})`
        : "it does not begin with a schema";
  throw new DaqError("format", `${input.path}: ${problem}.`, {
    hint: "No record can be read from it. If the run's ring is still there, `daq recover` on the run stores it again.",
  });
}

/**
 * Goes from message to message by reading the headers only: one small read a batch, whatever the file's size.
 * `limitBytes`: the file is taken to end there.
 */
export async function scanMessages(input: ArrowInput, limitBytes = input.sizeBytes): Promise<Scan> {
  const { schema, endBytes } = await readSchema(input);
  const batches: FoundBatch[] = [];
  let at = endBytes;
  for (;;) {
    const scan = { schema, batches, endBytes: at };
    if (at === limitBytes) return { ...scan, end: "clean" };
    const found = await input.messageAt(at, limitBytes);
    switch (found.kind) {
      case "end-of-stream":
        return { ...scan, end: "end-of-stream" };
      case "cut":
        return { ...scan, end: "cut" };
      case "damaged":
        return { ...scan, end: "damaged", problem: found.problem };
      case "message": {
        const problem = batchProblem(schema.fields, found);
        if (problem !== undefined) return { ...scan, end: "damaged", problem };
        if (found.endBytes > limitBytes) return { ...scan, end: "cut" };
        if (found.message.kind === "batch") batches.push(foundBatch(at, found, found.message.batch));
        at = found.endBytes;
      }
    }
  }
}

/** The batches that a footer names. Throws `DaqError("format")` when the footer and the batches do not agree. */
export async function scanBlocks(
  input: ArrowInput,
  fields: readonly ArrowField[],
  blocks: readonly MessageBlock[],
): Promise<FoundBatch[]> {
  const batches: FoundBatch[] = [];
  for (const block of blocks) {
    const header = await readBatchHeader(input, fields, block);
    batches.push({ ...block, records: header.records });
  }
  return batches;
}

/** The header of a batch whose place is known. Throws `DaqError("format")` when something else stands there. */
export async function readBatchHeader(
  input: ArrowInput,
  fields: readonly ArrowField[],
  block: MessageBlock,
): Promise<BatchHeader> {
  const found = await input.messageAt(block.offsetBytes);
  const problem =
    found.kind === "message"
      ? batchProblem(fields, found)
      : found.kind === "damaged"
        ? found.problem
        : found.kind;
  if (
    problem === undefined &&
    found.kind === "message" &&
    found.message.kind === "batch" &&
    found.metadataBytes === block.metadataBytes &&
    found.message.bodyBytes === block.bodyBytes
  )
    return found.message.batch;
  throw new DaqError(
    "format",
    `${input.path}: the batch at byte ${block.offsetBytes} is damaged: ${problem ?? "it is not the one that the footer names"}.`,
    { hint: "Restore the file from a copy, or read the batches before this one." },
  );
}

/**
 * The first place behind `endBytes` where a record batch of this schema stands, with its whole body, in a file that
 * daq-storage wrote; undefined when there is none. It tells a torn tail, which may be cut off, from damage in the
 * middle, which may not.
 */
export async function findBatchAfter(
  input: ArrowInput,
  fields: readonly ArrowField[],
  endBytes: number,
): Promise<number | undefined> {
  const windowBytes = 2 ** 20;
  // A node and a buffer take 16 bytes each, and no field of ours has more than five of both.
  const largestHeaderBytes = 1024 + fields.length * 256;
  for (let start = endBytes + alignmentBytes; start < input.sizeBytes; start += windowBytes) {
    const bytes = await input.read(start, Math.min(windowBytes, input.sizeBytes - start));
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + 8 <= bytes.byteLength; at += alignmentBytes) {
      if (words.getUint32(at, true) !== continuationMarker) continue;
      const length = words.getInt32(at + 4, true);
      if (length <= 0 || length > largestHeaderBytes) continue;
      const found = await input.messageAt(start + at);
      if (
        found.kind === "message" &&
        found.message.kind === "batch" &&
        found.endBytes <= input.sizeBytes &&
        batchProblem(fields, found) === undefined
      )
        return start + at;
    }
  }
  return undefined;
}

function foundBatch(
  offsetBytes: number,
  found: Extract<FoundMessage, { kind: "message" }>,
  batch: BatchHeader,
): FoundBatch {
  const { metadataBytes, message } = found;
  return { offsetBytes, metadataBytes, bodyBytes: message.bodyBytes, records: batch.records };
}

function batchProblem(
  fields: readonly ArrowField[],
  found: Extract<FoundMessage, { kind: "message" }>,
): string | undefined {
  const { message } = found;
  if (message.kind === "schema") return "a second schema stands between the batches";
  if (message.kind !== "batch") return undefined;
  try {
    placesOf("it", fields, message.batch, message.bodyBytes);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
