import { type Column, columnItemBytes } from "../../model/stream-schema.ts";
import type { FormatOptions } from "../contract.ts";
import { type ChunkPlan, chunkPlanOf } from "./chunk-plan.ts";
import {
  columnAttributes,
  columnDatatypes,
  datatypeOf,
  elementBytesOf,
  validityType,
} from "./column-datasets.ts";
import { type ChunkCompression, chunkCompression, pluginFor } from "./compression.ts";
import type { AttributeValue } from "./file/attribute.ts";
import type { Datatype } from "./file/datatype.ts";
import type { FixedDataset } from "./file/fixed-dataset.ts";
import type { Group } from "./file/group.ts";
import type { GrowingDataset } from "./file/growing-dataset.ts";
import { metadataAttributes } from "./metadata-attributes.ts";
import type { StreamLayout } from "./stream-layout.ts";

/** Which of `timestamps` and `sequence` stand beside the stream's columns. */
export type IndexDatasets = "full" | "timestamps" | "none";

/** A dataset that was declared, with what its chunks go through. */
export type DeclaredDataset = {
  readonly dataset: GrowingDataset;
  readonly plan: ChunkPlan;
  readonly itemBytes: number;
  readonly compression: ChunkCompression;
};

export type DeclaredStream = {
  readonly layout: StreamLayout;
  readonly timestamps?: DeclaredDataset;
  readonly sequence?: DeclaredDataset;
  readonly columns: readonly { readonly values: DeclaredDataset; readonly validity?: DeclaredDataset }[];
  /** Every dataset in the stream's group, by name. */
  readonly byName: ReadonlyMap<string, GrowingDataset | FixedDataset>;
};

/** CF's words for nanoseconds of UTC; xarray makes datetime64 of it. */
const timestampAttributes = {
  units: "nanoseconds since 1970-01-01",
  calendar: "proleptic_gregorian",
  long_name: "time of the record, UTC",
} as const;

const int64Column = { dtype: "int64", shape: [], dims: [] } as const;

/** The datasets of one stream in its group: an NXdata that viewers plot, with scales that xarray reads as dimensions. */
export function declareStream(
  entry: Group,
  layout: StreamLayout,
  options: FormatOptions,
  index: IndexDatasets,
): DeclaredStream {
  const { stream } = layout;
  const group = entry.group(layout.group, groupAttributes(layout, index));
  const byName = new Map<string, GrowingDataset | FixedDataset>();
  const scales = new Map<string, FixedDataset>();
  for (const { name, extent } of layout.scales) {
    const scale = group.fixedDataset(name, {
      datatype: datatypeOf("int64"),
      dims: [extent],
      data: new Uint8Array(BigInt64Array.from({ length: extent }, (_, at) => BigInt(at)).buffer),
      attributes: { long_name: `${name} index` },
      isScale: name,
    });
    scales.set(name, scale);
    byName.set(name, scale);
  }

  type Declaration = {
    readonly name: string;
    readonly column: Pick<Column, "name" | "dtype" | "shape" | "dims" | "maxBytes">;
    readonly datatype: Datatype;
    readonly widerDatatype?: Datatype;
    readonly attributes: Readonly<Record<string, AttributeValue>>;
    readonly scaleNames?: readonly string[];
    readonly isScale?: string;
    readonly time?: GrowingDataset;
    readonly isIndex?: true;
  };
  const declare = (declaration: Declaration): DeclaredDataset => {
    const { name, column, datatype, attributes, scaleNames = [], isScale, time, isIndex } = declaration;
    const { widerDatatype } = declaration;
    const plan = chunkPlanOf(column, layout.rowsPerChunk);
    const chosen = isIndex === true ? indexCompression(options) : options;
    const compression = chunkCompression(
      chosen.compression,
      chosen.compressionLevel,
      elementBytesOf(column.dtype),
      plan.chunkBytes,
    );
    const dimensionScales = [time, ...scaleNames.map((scale) => scales.get(scale)!)];
    const dataset = group.dataset(name, {
      datatype,
      ...(widerDatatype === undefined ? {} : { widerDatatype }),
      itemShape: column.shape,
      rowsPerChunk: plan.rowsPerChunk,
      chunkItemShape: plan.chunkItemShape,
      filters: compression.filters,
      attributes,
      ...(isScale === undefined ? {} : { isScale }),
      ...(isScale !== undefined || dimensionScales.every((scale) => scale === undefined)
        ? {}
        : { dimensionScales }),
    });
    byName.set(name, dataset);
    return { dataset, plan, compression, itemBytes: columnItemBytes({ ...column, name }) };
  };

  const timestamps =
    index === "none"
      ? undefined
      : declare({
          name: layout.timestamps,
          column: { ...int64Column, name: layout.timestamps },
          datatype: datatypeOf("int64"),
          attributes: { ...timestampAttributes, source: `${stream.clock} clock` },
          isScale: layout.timestamps,
          isIndex: true,
        });
  const withTime = timestamps === undefined ? {} : { time: timestamps.dataset };
  const sequence =
    index === "full"
      ? declare({
          name: layout.sequence,
          column: { ...int64Column, name: layout.sequence },
          datatype: datatypeOf("int64"),
          attributes: { long_name: "number of the record since the start; where it jumps, records are lost" },
          isIndex: true,
          ...withTime,
        })
      : undefined;
  const columns = layout.columns.map(({ column, name, validityName, scales: scaleNames }) => {
    const values = declare({
      name,
      column,
      ...columnDatatypes(column),
      attributes: {
        ...columnAttributes(column, stream.source),
        ...(validityName === undefined ? {} : { ancillary_variables: validityName }),
      },
      scaleNames,
      ...withTime,
    });
    if (validityName === undefined) return { values };
    const validity = declare({
      name: validityName,
      column: { name: validityName, dtype: "uint8", shape: [], dims: [] },
      datatype: validityType,
      attributes: { long_name: `1 where the device gave a value of ${name}, 0 where it did not` },
      ...withTime,
    });
    return { values, validity };
  });
  return {
    layout,
    ...(timestamps === undefined ? {} : { timestamps }),
    ...(sequence === undefined ? {} : { sequence }),
    columns,
    byName,
  };
}

/** Which records a file has can be read without a plugin, whatever its values are compressed with. */
function indexCompression({
  compression,
  compressionLevel,
}: FormatOptions): Pick<FormatOptions, "compression" | "compressionLevel"> {
  if (pluginFor(compression) !== undefined) return { compression: "gzip", compressionLevel: 1 };
  return { compression, ...(compressionLevel === undefined ? {} : { compressionLevel }) };
}

function groupAttributes(
  { stream, timestamps, columns }: StreamLayout,
  index: IndexDatasets,
): Readonly<Record<string, AttributeValue>> {
  const [signal, ...others] = columns.map(({ name }) => name);
  const time = index === "none" ? "." : timestamps;
  return {
    NX_class: "NXdata",
    signal: signal!,
    axes: [time, ...columns[0]!.scales],
    ...(others.length === 0 ? {} : { auxiliary_signals: others }),
    title: stream.name,
    source: stream.source,
    clock: stream.clock,
    kind: stream.kind,
    ...(stream.rateHz === undefined ? {} : { rate_hz: new Float64Array([stream.rateHz]) }),
    // Settings by their own names; those that the words above take stand in /entry/daq/run.
    ...withoutReserved(metadataAttributes(stream.metadata ?? {}).attributes),
  };
}

const groupWords = new Set([
  "NX_class",
  "signal",
  "axes",
  "auxiliary_signals",
  "title",
  "source",
  "clock",
  "kind",
  "rate_hz",
]);

function withoutReserved(
  attributes: Readonly<Record<string, AttributeValue>>,
): Readonly<Record<string, AttributeValue>> {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !groupWords.has(name)));
}
