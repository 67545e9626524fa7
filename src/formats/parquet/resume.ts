import { DaqError } from "../../model/errors.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import type { WriterState } from "../contract.ts";
import { columnLayouts } from "./column-layout.ts";
import { readTail } from "./contents.ts";
import { ParquetInput } from "./input.ts";
import { type Scan, scanFrames } from "./scan.ts";
import type { StoredExtent, StoredRowGroups } from "./stream-file.ts";
import type { TailExtent } from "./tail-file.ts";
import { decodeTail, type TailContents } from "./tail-frames.ts";

/** What the checkpoint says of one stream's file. Throws `DaqError("format")` when it says nothing usable. */
export function extentOf(state: WriterState, stream: string, path: string): StoredExtent {
  const files = state.files as { readonly [name: string]: StoredExtent | undefined } | undefined;
  const extent = files?.[stream];
  const counts = [extent?.bytes, extent?.rowGroups, extent?.records, extent?.tail?.bytes ?? 0];
  const slot = extent?.tail?.slot ?? 0;
  if (extent !== undefined && counts.every(Number.isSafeInteger) && (slot === 0 || slot === 1)) return extent;
  throw new DaqError("format", `The checkpoint says nothing of stream "${stream}" (${path}).`, {
    hint: "It belongs to another run or configuration. `daq recover` makes the files readable as they are.",
  });
}

/** Where writing goes on, and behind what. */
export type StoredPlace = {
  readonly rowGroups: StoredRowGroups;
  readonly bytes: number;
  readonly tail?: TailExtent;
};

/**
 * Finds the row groups and the tail of a checkpoint again, and makes sure that they are what it says: writing goes on
 * only behind data that is known to be good.
 */
export async function storedRowGroups(
  path: string,
  stream: StreamSchema,
  extent: StoredExtent,
): Promise<StoredPlace> {
  await using input = await ParquetInput.open(path);
  if (input.sizeBytes < extent.bytes)
    throw mismatch(path, `it has ${input.sizeBytes} bytes, but ${extent.bytes} were stored in it`);
  const scan = await scanFrames(input, extent.bytes);
  if (scan === undefined) throw mismatch(path, "it does not begin as a file of daq-storage");
  if (
    JSON.stringify(columnLayouts(scan.opening.stream, "full")) !==
    JSON.stringify(columnLayouts(stream, "full"))
  )
    throw mismatch(path, `it holds other columns than stream "${stream.name}" has`);
  let tail: TailContents | undefined;
  try {
    tail = await storedTail(path, stream, extent);
  } catch (error) {
    const closed = await closedSince(input, extent);
    if (closed === undefined) throw error;
    return closed;
  }
  if (scan.endBytes !== extent.bytes || scan.rowGroups.length !== extent.rowGroups)
    throw mismatch(
      path,
      `it has ${scan.rowGroups.length} whole row groups up to byte ${scan.endBytes}, not ${extent.rowGroups} up to ${extent.bytes}`,
    );
  const inGroups = scan.rowGroups.reduce((sum, { parsed }) => sum + parsed.rows, 0);
  const records = inGroups + (tail?.records ?? 0);
  if (records !== extent.records)
    throw mismatch(path, `it and its tail hold ${records} records, not ${extent.records}`);
  return {
    rowGroups: {
      rowGroups: scan.rowGroups.map(({ meta }) => meta),
      records: inGroups,
      ...(tail === undefined ? {} : { tail }),
    },
    bytes: extent.bytes,
    ...(extent.tail === undefined ? {} : { tail: extent.tail }),
  };
}

/**
 * A file that was closed behind the checkpoint has its tail no more: what was in it is in row groups. A tail that is there is
 * of what was written after that, and of no use without a checkpoint of its own.
 */
async function closedSince(input: ParquetInput, extent: StoredExtent): Promise<StoredPlace | undefined> {
  const found: Scan["rowGroups"][number][] = [];
  let records = 0;
  for (const rowGroup of (await scanFrames(input))?.rowGroups ?? []) {
    if (records >= extent.records) break;
    records += rowGroup.parsed.rows;
    found.push(rowGroup);
  }
  const last = found.at(-1);
  if (last === undefined || records !== extent.records) return undefined;
  return { rowGroups: { rowGroups: found.map(({ meta }) => meta), records }, bytes: last.endBytes };
}

async function storedTail(
  path: string,
  stream: StreamSchema,
  extent: StoredExtent,
): Promise<TailContents | undefined> {
  if (extent.tail === undefined) return undefined;
  const { slot, bytes } = extent.tail;
  const found = await readTail(path, slot);
  if (found === undefined || found.byteLength < bytes)
    throw mismatch(path, `its tail has ${found?.byteLength ?? 0} bytes, but ${bytes} were stored in it`);
  const tail = decodeTail(found.subarray(0, bytes), extent.rowGroups, columnLayouts(stream, "full"));
  if (tail.bytes !== bytes) throw mismatch(path, `its tail is damaged at byte ${tail.bytes}`);
  return tail;
}

function mismatch(path: string, problem: string): DaqError {
  return new DaqError("format", `${path} does not fit its checkpoint: ${problem}.`, {
    hint: "Something else changed the file; it was not touched. Inspect it with `daq inspect`.",
  });
}
