import type { DType } from "../../model/dtype.ts";
import type { Run } from "../../model/run.ts";
import { type Column, columnItemBytes } from "../../model/stream-schema.ts";
import { chunkItemShapeOf, type StreamPlan } from "./chunk-plan.ts";
import { zarrCompression } from "./compressions.ts";
import { halvedShape } from "./halve-image.ts";
import type { ZarrFormat } from "./hierarchy/array-spec.ts";
import type { Attributes, NodeDocument } from "./hierarchy/attributes.ts";
import type { ZarrCompression } from "./hierarchy/compression.ts";
import { groupDocuments } from "./hierarchy/group-documents.ts";
import { keyIn } from "./hierarchy/node-path.ts";
import { ZarrArray } from "./hierarchy/zarr-array.ts";
import { imageMetadata, levelCountOf } from "./image-metadata.ts";
import {
  columnAttributes,
  type LayoutOptions,
  type RunRecord,
  rootAttributes,
  sequenceAttributes,
  streamAttributes,
  timestampAttributes,
} from "./run-attributes.ts";
import { levelPrefix, type StreamLayout, streamLayouts } from "./stream-layout.ts";

/** An array that grows along its first dimension; `array` has no row yet. */
export type DeclaredArray = {
  readonly array: ZarrArray;
  readonly itemBytes: number;
  readonly plan: StreamPlan;
};

export type DeclaredColumn = {
  readonly dtype: DType;
  readonly itemShape: readonly number[];
  readonly values: DeclaredArray;
  readonly validity?: DeclaredArray;
  /** The same at a half, a quarter … of the size. */
  readonly levels: readonly DeclaredArray[];
};

export type DeclaredStream = {
  readonly layout: StreamLayout;
  readonly timestamps: DeclaredArray;
  readonly sequence: DeclaredArray;
  readonly columns: readonly DeclaredColumn[];
};

/** The hierarchy of a run, the same for the same run and options. */
export type DeclaredRun = {
  readonly format: ZarrFormat;
  readonly run: Run;
  readonly options: LayoutOptions;
  readonly streams: readonly DeclaredStream[];
  /** Of all groups but the root. */
  readonly groups: readonly NodeDocument[];
  /** Of the root, which says how the run stands. */
  rootDocuments(state: Pick<RunRecord, "complete" | "ledger">): readonly NodeDocument[];
};

/** Times and numbers of frames: many in a chunk, since a reader of the times reads all of them. */
const indexRowsPerChunk = 4_096;

const int64 = { dtype: "int64", shape: [], dims: [] } as const;
const mask = { dtype: "uint8", shape: [], dims: [] } as const;

export function declareRun(run: Run, options: LayoutOptions): DeclaredRun {
  const { compression, compressionLevel, chunkRows, zarr = {} } = options;
  const format = zarr.zarrFormat ?? 3;
  const codec = zarrCompression(compression, compressionLevel);
  const layouts = streamLayouts(run.streams, chunkRows, zarr);
  const streams = layouts.map((layout) => declareStream(format, layout, codec, options));
  const groupsOf = (stream: DeclaredStream) => {
    const { group } = stream.layout;
    const levels = stream.columns[0]!.levels.map((_, index) =>
      groupDocuments(format, levelGroup(group, index + 1), {}),
    );
    const own = group === "" ? [] : groupDocuments(format, group, attributesOf(format, stream));
    return [...own, ...levels.flat()];
  };
  const atRoot = streams.find(({ layout }) => layout.group === "");
  return {
    format,
    run,
    options,
    streams,
    groups: streams.flatMap(groupsOf),
    rootDocuments: (state) => {
      const root = rootAttributes({ run, options, ...state });
      return groupDocuments(
        format,
        "",
        atRoot === undefined ? root : { ...attributesOf(format, atRoot), ...root },
      );
    },
  };
}

function levelGroup(group: string, level: number): string {
  return keyIn(group, `${levelPrefix}${level}`);
}

function attributesOf(format: ZarrFormat, { layout, columns }: DeclaredStream): Attributes {
  const [{ values, levels }] = columns as [DeclaredColumn];
  const start = keyIn(layout.group, "");
  const paths = [values, ...levels].map(({ array }) => array.path.slice(start.length));
  // Version 0.5 is that of Zarr 3.
  const image = format === 3 ? imageMetadata(layout, paths) : undefined;
  return { ...streamAttributes(layout.stream), ...image };
}

function declareStream(
  format: ZarrFormat,
  layout: StreamLayout,
  codec: ZarrCompression,
  { zarr = {} }: LayoutOptions,
): DeclaredStream {
  const { stream, group, plan } = layout;
  const indexPlan: StreamPlan =
    stream.kind === "array"
      ? { rowsPerChunk: Math.max(plan.rowsPerChunk, indexRowsPerChunk), blocksPerShard: 1 }
      : plan;

  const declare = (
    path: string,
    column: Pick<Column, "dtype" | "shape" | "dims" | "maxBytes">,
    dimensions: readonly string[],
    arrayPlan: StreamPlan,
    attributes: Attributes,
  ): DeclaredArray => {
    const named = { ...column, name: path };
    const chunkItem = chunkItemShapeOf(named);
    const { rowsPerChunk, blocksPerShard } = arrayPlan;
    const shardItem = chunkItem.map((extent, axis) => Math.ceil(column.shape[axis]! / extent) * extent);
    const array = new ZarrArray(format, {
      path: keyIn(group, path),
      dtype: column.dtype,
      ...(column.maxBytes === undefined ? {} : { maxBytes: column.maxBytes }),
      shape: [0, ...column.shape],
      chunkShape: [rowsPerChunk, ...chunkItem],
      ...(blocksPerShard === 1 ? {} : { shardShape: [rowsPerChunk * blocksPerShard, ...shardItem] }),
      dimensions: [layout.timestamps, ...dimensions],
      compression: codec,
      checksum: zarr.checksum === true,
      attributes,
    });
    return { array, itemBytes: columnItemBytes(named), plan: arrayPlan };
  };

  const columns = layout.columns.map(({ column, name, validityName, dimensions }): DeclaredColumn => {
    const attributes = columnAttributes(column, name, stream.source);
    const values = declare(name, column, dimensions, plan, {
      ...attributes,
      ...(validityName === undefined ? {} : { ancillary_variables: validityName }),
    });
    const halvings = zarr.pyramid === true ? levelCountOf(layout) : 0;
    let { shape } = column;
    const levels = Array.from({ length: halvings }, (_, index) => {
      shape = halvedShape(shape);
      return declare(
        `${levelPrefix}${index + 1}/${name}`,
        { ...column, shape },
        dimensions,
        plan,
        attributes,
      );
    });
    const validity =
      validityName === undefined
        ? undefined
        : declare(validityName, mask, [], indexPlan, {
            long_name: `1 where the device gave a value of ${name}, 0 where it did not`,
          });
    return {
      dtype: column.dtype,
      itemShape: column.shape,
      values,
      ...(validity === undefined ? {} : { validity }),
      levels,
    };
  });
  return {
    layout,
    timestamps: declare(layout.timestamps, int64, [], indexPlan, timestampAttributes(stream.clock)),
    sequence: declare(layout.sequence, int64, [], indexPlan, sequenceAttributes),
    columns,
  };
}
