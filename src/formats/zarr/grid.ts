import { sharedPool } from "../../bytes/pool/worker-pool.ts";
import { numberDType, type TypedArray, typedView } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import { type Grid, gridNames, gridShape } from "../../model/grid.ts";
import type { Ledger } from "../../model/ledger.ts";
import { FrameDimensions } from "../grid-dimensions.ts";
import { storedFrames } from "../grid-frames.ts";
import { gridValues, missingElement } from "../grid-values.ts";
import { ArrayFilling } from "./array-filling.ts";
import type { DeclaredRun } from "./declare-run.ts";
import { ArrayReader } from "./hierarchy/array-reader.ts";
import type { ArraySpec } from "./hierarchy/array-spec.ts";
import type { Attributes, NodeDocument } from "./hierarchy/attributes.ts";
import { placesIn } from "./hierarchy/grid.ts";
import { groupDocuments } from "./hierarchy/group-documents.ts";
import { ZarrArray } from "./hierarchy/zarr-array.ts";
import { removedDetail } from "./removed-records.ts";
import type { RunFolder } from "./run-folder.ts";
import { scanGroup } from "./stream-layout.ts";
import type { StreamRows } from "./stream-rows.ts";

/** Frames of a scan are copied up to this much; beyond it the numbers of the frames say where each of them is. */
const mostCopiedBytes = 4 * 2 ** 30;

type GridToWrite = {
  readonly folder: RunFolder;
  readonly run: DeclaredRun;
  readonly streams: ReadonlyMap<string, StreamRows>;
  readonly grid: Grid;
  readonly ledger: Ledger;
};

/**
 * Writes a scan as arrays of its axes, when the run is closed: the group `scan`, with the set points as coordinates. Gives
 * its documents. Frames are in it a second time, one chunk each.
 */
export async function writeGrid(toWrite: GridToWrite): Promise<readonly NodeDocument[]> {
  const { folder, run, grid, ledger } = toWrite;
  const { format } = run;
  const shape = gridShape(grid);
  const names = gridNames(grid);
  const dimensions = grid.axes.map(({ name }) => name);
  const documents: NodeDocument[] = [...groupDocuments(format, scanGroup, {})];
  const put = async (
    spec: Omit<ArraySpec, "compression" | "chunkShape">,
    bytes: Uint8Array,
  ): Promise<void> => {
    const array = new ZarrArray(format, { ...spec, chunkShape: spec.shape, compression: { codec: "none" } });
    await folder.store.put(array.key(spec.shape.map(() => 0)), [bytes]);
    documents.push(...array.documents());
  };
  for (const { name, unit, places } of grid.axes)
    await put(
      {
        path: `${scanGroup}/${name}`,
        dtype: "float64",
        shape: [places.length],
        dimensions: [name],
        attributes: { long_name: `${name}, set point`, ...(unit === undefined ? {} : { units: unit }) },
      },
      new Uint8Array(Float64Array.from(places).buffer),
    );
  for (const [index, quantity] of grid.quantities.entries()) {
    const { dtype, bytes } = gridValues(quantity);
    const { unit, description } = quantity;
    const attributes: Attributes = {
      ...(unit === undefined ? {} : { units: unit }),
      ...(description === undefined ? {} : { long_name: description }),
    };
    await put(
      { path: `${scanGroup}/${names.quantities[index]}`, dtype, shape, dimensions, attributes },
      bytes,
    );
  }
  const frameDimensions = new FrameDimensions(grid);
  for (const [index, frames] of grid.frames.entries()) {
    const array = toWrite.streams.get(frames.stream)?.frames;
    const rows = storedFrames(frames, ledger, ({ detail }) => detail === removedDetail);
    if (array === undefined || rows === undefined || bytesOf(array) > mostCopiedBytes) continue;
    const { spec } = array;
    const own = spec.dimensions
      .slice(1)
      .map((dimension, axis) => frameDimensions.nameOf(frames.stream, dimension, spec.shape[axis + 1]!));
    const name = names.frames[index]!;
    documents.push(...(await copyFrames(toWrite, name, array, [...dimensions, ...own], rows)));
  }
  await folder.putDocuments(documents);
  return documents;
}

function bytesOf({ chunkBytes, chunkCounts }: ZarrArray): number {
  return chunkCounts.reduce((product, count) => product * count, chunkBytes);
}

async function copyFrames(
  { folder, run, grid }: GridToWrite,
  name: string,
  frames: ZarrArray,
  dimensions: readonly string[],
  rows: readonly (number | null)[],
): Promise<readonly NodeDocument[]> {
  const { spec } = frames;
  const shape = gridShape(grid);
  const ones = shape.map(() => 1);
  const [, ...frameShape] = spec.shape;
  const isMissing = rows.includes(null);
  const dtype = numberDType(spec.dtype);
  const [missing] = typedView(dtype, missingElement(dtype));
  const array = new ZarrArray(run.format, {
    path: `${scanGroup}/${name}`,
    dtype,
    shape: [...shape, ...frameShape],
    chunkShape: [...ones, ...spec.chunkShape.slice(1)],
    dimensions,
    compression: spec.compression,
    ...(isMissing ? { fillValue: typeof missing === "bigint" ? Number(missing) : missing! } : {}),
    ...(spec.attributes === undefined ? {} : { attributes: spec.attributes }),
  });
  const reader = new ArrayReader(folder.store, frames);
  const filling = new ArrayFilling(folder.store, await sharedPool(), array);
  let at = 0;
  for (const place of placesIn(
    ones.map(() => 0),
    shape,
  )) {
    const row = rows[at++]!;
    if (row === null) continue;
    const frame = await storedFrame(reader, row, frameShape);
    if (frame === undefined) continue;
    await filling.writeRegion([...place, ...frameShape.map(() => 0)], [...ones, ...frameShape], frame);
  }
  await filling.flush();
  return array.documents();
}

/** Undefined for a frame that somebody removed meanwhile: the account says so, and the others are copied. */
async function storedFrame(
  reader: ArrayReader,
  row: number,
  frameShape: readonly number[],
): Promise<TypedArray | undefined> {
  try {
    return await reader.readStored([row, ...frameShape.map(() => 0)], [1, ...frameShape]);
  } catch (error) {
    if (error instanceof DaqError && error.code === "format") return undefined;
    throw error;
  }
}
