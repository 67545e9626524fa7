import { DaqError } from "../../model/errors.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import type { WriterState } from "../contract.ts";
import { describeFileSchema, layoutOf } from "./file-schema.ts";
import { ArrowInput } from "./input.ts";
import { scanMessages } from "./scan.ts";
import type { StoredBatches, StoredExtent } from "./stream-file.ts";

/** What the checkpoint says of one stream's file. Throws `DaqError("format")` when it says nothing usable. */
export function extentOf(state: WriterState, stream: string, path: string): StoredExtent {
  const files = state.files as { readonly [name: string]: StoredExtent | undefined } | undefined;
  const extent = files?.[stream];
  if (
    extent === undefined ||
    !Number.isSafeInteger(extent.bytes) ||
    !Number.isSafeInteger(extent.records) ||
    !Number.isSafeInteger(extent.batches)
  )
    throw new DaqError("format", `The checkpoint says nothing of stream "${stream}" (${path}).`, {
      hint: "It belongs to another run or configuration. `daq recover` makes the files readable as they are.",
    });
  return extent;
}

/**
 * Finds the batches before the checkpoint again, by their headers, and makes sure that they are what the checkpoint
 * says: writing goes on only behind data that is known to be good.
 */
export async function storedBatches(
  path: string,
  stream: StreamSchema,
  extent: StoredExtent,
): Promise<StoredBatches> {
  const input = await ArrowInput.open(path);
  try {
    if (input.sizeBytes < extent.bytes)
      throw mismatch(path, `it has ${input.sizeBytes} bytes, but ${extent.bytes} were stored in it`);
    const scan = await scanMessages(input, extent.bytes);
    const file = describeFileSchema(path, scan.schema);
    const indexed = file.timestampField !== undefined && file.sequenceField !== undefined;
    if (
      !indexed ||
      file.stream.name !== stream.name ||
      layoutOf(file.stream.columns) !== layoutOf(stream.columns)
    )
      throw mismatch(path, `it holds other columns than stream "${stream.name}" has`);
    if (scan.end !== "clean")
      throw mismatch(
        path,
        `its batches end at byte ${scan.endBytes}, not at ${extent.bytes} (${scan.problem ?? scan.end})`,
      );
    const records = scan.batches.reduce((sum, batch) => sum + batch.records, 0);
    if (records !== extent.records || scan.batches.length !== extent.batches)
      throw mismatch(
        path,
        `it holds ${records} records in ${scan.batches.length} batches, not ${extent.records} in ${extent.batches}`,
      );
    return { blocks: scan.batches, records };
  } finally {
    await input.close();
  }
}

function mismatch(path: string, problem: string): DaqError {
  return new DaqError("format", `${path} does not fit its checkpoint: ${problem}.`, {
    hint: "Something else changed the file; it was not touched. Inspect it with `daq inspect`.",
  });
}
