import { numberDType, typedView } from "../../model/dtype.ts";
import { type Grid, gridNames, gridShape } from "../../model/grid.ts";
import type { Ledger } from "../../model/ledger.ts";
import { FrameDimensions } from "../grid-dimensions.ts";
import { storedFrames } from "../grid-frames.ts";
import { gridValues, missingElement } from "../grid-values.ts";
import { columnAttributes, datatypeOf } from "./column-datasets.ts";
import type { DeclaredRun } from "./declare-run.ts";
import type { DeclaredStream } from "./declare-stream.ts";
import type { FixedDataset } from "./file/fixed-dataset.ts";
import type { Group } from "./file/group.ts";
import type { Hdf5File } from "./file/hdf5-file.ts";
import type { VirtualSource } from "./file/virtual-dataset.ts";
import { scanGroup } from "./stream-layout.ts";

/**
 * Adds a scan as arrays of its axes, when the file is closed: `/entry/scan`, an NXdata whose axes are the set points.
 * Numbers are written once more; frames are views of those that are in the file.
 */
export function addGrid(file: Hdf5File, run: DeclaredRun, grid: Grid, ledger: Ledger): void {
  const shape = gridShape(grid);
  const names = gridNames(grid);
  const [signal] = [...names.quantities, ...names.frames].filter(
    (name) => !/_(readback|setpoint|frame)$/.test(name),
  );
  const group = file.groupAtClose(run.entry, scanGroup, {
    NX_class: "NXdata",
    axes: grid.axes.map(({ name }) => name),
    ...(signal === undefined ? {} : { signal }),
  });
  run.entry.setAttribute("default", scanGroup);
  const scales = grid.axes.map(
    ({ name, unit, places }): FixedDataset =>
      file.addAtClose(group, name, {
        datatype: datatypeOf("float64"),
        dims: [places.length],
        data: new Uint8Array(Float64Array.from(places).buffer),
        attributes: { long_name: `${name}, set point`, ...(unit === undefined ? {} : { units: unit }) },
        isScale: name,
      }),
  );
  for (const [index, quantity] of grid.quantities.entries()) {
    const { dtype, bytes } = gridValues(quantity);
    const { name, unit, description } = quantity;
    const column = {
      name,
      dtype,
      shape: [],
      dims: [],
      ...(unit === undefined ? {} : { unit }),
      ...(description === undefined ? {} : { description }),
    };
    file.addAtClose(group, names.quantities[index]!, {
      datatype: datatypeOf(dtype),
      dims: shape,
      data: bytes,
      attributes: columnAttributes(column, "events of a plan"),
      dimensionScales: scales,
    });
  }
  const own = new FrameScales(file, group, new FrameDimensions(grid));
  for (const [index, frames] of grid.frames.entries()) {
    const stream = run.streams.find(({ layout }) => layout.stream.name === frames.stream);
    const rows = storedFrames(frames, ledger);
    if (stream !== undefined && rows !== undefined)
      addFrames(file, group, names.frames[index]!, { rows, stream, shape, scales, own });
  }
}

/** The scales of the dimensions of frames, which have to stand in the group of the frames: h5netcdf looks there. */
class FrameScales {
  readonly #file: Hdf5File;
  readonly #group: Group;
  readonly #names: FrameDimensions;
  readonly #scales = new Map<string, FixedDataset>();

  constructor(file: Hdf5File, group: Group, names: FrameDimensions) {
    this.#file = file;
    this.#group = group;
    this.#names = names;
  }

  of(stream: string, dimension: string, extent: number): FixedDataset {
    const name = this.#names.nameOf(stream, dimension, extent);
    const known = this.#scales.get(name);
    if (known !== undefined) return known;
    const scale = this.#file.addAtClose(this.#group, name, {
      datatype: datatypeOf("int64"),
      dims: [extent],
      data: new Uint8Array(BigInt64Array.from({ length: extent }, (_, at) => BigInt(at)).buffer),
      attributes: { long_name: `${dimension} index` },
      isScale: name,
    });
    this.#scales.set(name, scale);
    return scale;
  }
}

type FramesToAdd = {
  /** Of the frame of each point, among those in the file. */
  readonly rows: readonly (number | null)[];
  readonly stream: DeclaredStream;
  readonly shape: readonly number[];
  readonly scales: readonly FixedDataset[];
  readonly own: FrameScales;
};

function addFrames(
  file: Hdf5File,
  group: Group,
  name: string,
  { rows, stream, shape, scales, own }: FramesToAdd,
): void {
  const { layout } = stream;
  const { column, name: dataset } = layout.columns[0]!;
  const isMissing = rows.includes(null);
  const fillValue = missingElement(numberDType(column.dtype));
  const [missing] = typedView(numberDType(column.dtype), fillValue);
  // Readers hide it: that must not hit a pixel that is as bright as its type allows.
  const isFree = column.range !== undefined && Number(missing) > column.range[1];
  file.addVirtualAtClose(group, name, {
    datatype: datatypeOf(numberDType(column.dtype)),
    dims: [...shape, ...column.shape],
    sources: frameSources(rows, shape, `/entry/${layout.group}/${dataset}`, column.shape),
    ...(isMissing ? { fillValue } : {}),
    attributes: {
      ...columnAttributes(column, layout.stream.source),
      ...(isMissing && isFree ? { _FillValue: typedView(numberDType(column.dtype), fillValue) } : {}),
    },
    dimensionScales: [
      ...scales,
      ...column.dims.map((dimension, index) => own.of(layout.stream.name, dimension, column.shape[index]!)),
    ],
  });
}

/** Frames that follow one another along the fastest axis are one source. */
export function frameSources(
  rows: readonly (number | null)[],
  shape: readonly number[],
  dataset: string,
  frameShape: readonly number[],
): readonly VirtualSource[] {
  const fastest = shape.at(-1)!;
  const whole = frameShape.map(() => 0);
  const sources: VirtualSource[] = [];
  for (let at = 0; at < rows.length; ) {
    const first = rows[at]!;
    if (first === null) {
      at++;
      continue;
    }
    const lineEnd = (Math.floor(at / fastest) + 1) * fastest;
    let end = at + 1;
    while (end < lineEnd && rows[end] === first + end - at) end++;
    const place: number[] = [];
    for (let rest = at, axis = shape.length - 1; axis >= 0; axis--) {
      place[axis] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    const ones = shape.slice(1).map(() => 1);
    sources.push({
      dataset,
      from: { start: [first, ...whole], count: [end - at, ...frameShape] },
      to: { start: [...place, ...whole], count: [...ones, end - at, ...frameShape] },
    });
    at = end;
  }
  return sources;
}
