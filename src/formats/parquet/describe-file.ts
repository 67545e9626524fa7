import { basename } from "node:path";
import type { DType } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import type { Ledger } from "../../model/ledger.ts";
import { parseJson } from "../../model/parse-json.ts";
import type { RunInfo } from "../../model/run.ts";
import {
  type Column,
  indexColumns,
  parseStreamSchema,
  type StreamSchema,
} from "../../model/stream-schema.ts";
import { isLedger, isRunInfo, runEntryKeys } from "../run-entries.ts";
import { type ColumnLayout, columnLayouts } from "./column-layout.ts";
import type { ParsedElement, ParsedMetadata } from "./parse-metadata.ts";
import { physicalTypes, repetitions } from "./words.ts";

/** What a footer says, in our words. */
export type FileDescription = {
  readonly stream: StreamSchema;
  readonly run?: RunInfo;
  readonly ledger?: Ledger;
  /** Number of the leaf with the timestamps, and the nanoseconds of its unit. */
  readonly timestamp?: { readonly leaf: number; readonly unitNs: bigint };
  readonly notes: readonly string[];
};

type Leaf = {
  readonly path: readonly string[];
  readonly element: ParsedElement;
  readonly isNested: boolean;
  readonly nullable: boolean;
  readonly maxDefinition: number;
  readonly maxRepetition: number;
};

/** Describes any Parquet file. Columns that are not plain numbers or bools are left out, with a note. */
export function describeFile(path: string, metadata: ParsedMetadata): FileDescription {
  const leaves = leavesOf(path, metadata.schema);
  const notes: string[] = [];
  const stream = ownStream(metadata, leaves, notes) ?? foreignStream(path, leaves, notes);
  const run = entry(metadata, runEntryKeys.run, isRunInfo, notes);
  const ledger = entry(metadata, runEntryKeys.ledger, isLedger, notes);
  const at = leaves.findIndex(({ path: [name, ...rest] }) => name === "timestamp" && rest.length === 0);
  const unitNs = at < 0 ? undefined : timestampUnit(leaves[at]!.element);
  return {
    stream,
    ...(run === undefined ? {} : { run }),
    ...(ledger === undefined ? {} : { ledger }),
    ...(unitNs === undefined ? {} : { timestamp: { leaf: at, unitNs } }),
    notes,
  };
}

/** The columns with values of a schema, with what is above them. Throws `DaqError("format")` when it does not fit together. */
export function leavesOf(path: string, schema: readonly ParsedElement[]): readonly Leaf[] {
  const leaves: Leaf[] = [];
  let next = 1;
  const walk = (
    count: number,
    above: readonly string[],
    maxDefinition: number,
    maxRepetition: number,
  ): void => {
    for (let at = 0; at < count; at++) {
      const element = schema[next++];
      if (element === undefined || above.length > 64)
        throw new DaqError("format", `${path} is damaged: its schema does not fit together.`, {
          hint: "Restore it from a copy.",
        });
      const here = [...above, element.name];
      const definition = maxDefinition + (element.repetition === repetitions.required ? 0 : 1);
      const repetition = maxRepetition + (element.repetition === repetitions.repeated ? 1 : 0);
      if (element.children > 0) walk(element.children, here, definition, repetition);
      else
        leaves.push({
          path: here,
          element,
          isNested: repetition > 0 || here.length > 1,
          nullable: definition > repetition,
          maxDefinition: definition,
          maxRepetition: repetition,
        });
    }
  };
  walk(schema[0]?.children ?? 0, [], 0, 0);
  return leaves;
}

/** The description that daq-storage itself put into the file, when it fits the columns that are really there. */
function ownStream(
  { metadata }: ParsedMetadata,
  leaves: readonly Leaf[],
  notes: string[],
): StreamSchema | undefined {
  const text = metadata.get(runEntryKeys.stream);
  if (text === undefined) return undefined;
  try {
    const stream = parseStreamSchema(parseJson(text));
    for (const index of ["full", "none"] as const)
      if (fits(columnLayouts(stream, index), leaves)) return stream;
    notes.push(`The entry ${runEntryKeys.stream} does not describe the columns of the file; it is not used.`);
  } catch (error) {
    notes.push(
      `The entry ${runEntryKeys.stream} is damaged: ${error instanceof Error ? error.message : error}`,
    );
  }
  return undefined;
}

function fits(layouts: readonly ColumnLayout[], leaves: readonly Leaf[]): boolean {
  return (
    layouts.length === leaves.length &&
    layouts.every(({ path, physical }, at) => {
      const { path: found, element } = leaves[at]!;
      return element.type === physicalTypes[physical] && path.join("\0") === found.join("\0");
    })
  );
}

function foreignStream(path: string, leaves: readonly Leaf[], notes: string[]): StreamSchema {
  const columns: Column[] = [];
  for (const [at, leaf] of leaves.entries()) {
    const name = leaf.path.join(".");
    const isIndex = (indexColumns as readonly string[]).includes(name);
    if (isIndex && leaf.element.type === physicalTypes.int64) continue;
    const dtype = leaf.isNested ? undefined : dtypeOf(leaf.element);
    if (dtype === undefined)
      notes.push(
        !leaf.isNested && isText(leaf.element)
          ? `Column "${name}" (utf8) holds texts of any length; it is left out.`
          : `Column "${name}" does not hold plain numbers; it is left out.`,
      );
    else
      columns.push({
        name: freeName(name, at, columns),
        dtype,
        shape: [],
        dims: [],
        ...(leaf.nullable ? { nullable: true } : {}),
      });
  }
  if (columns.length === 0)
    throw new DaqError("format", `${path} has no column of plain numbers.`, {
      hint: `Its columns: ${leaves.map((leaf) => leaf.path.join(".")).join(", ") || "none"}.`,
    });
  const stem = basename(path).replace(/\.[^.]*$/, "");
  const name = stem.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 100) || "table";
  return { name, kind: "table", columns, source: "a file of another program", clock: "system" };
}

function freeName(name: string, at: number, columns: readonly Column[]): string {
  const taken = new Set<string>([...indexColumns, ...columns.map((column) => column.name)]);
  return name.length > 0 && !taken.has(name) ? name : `${name}_column_${at}`;
}

/** Only our own description says how long texts get, and so how many bytes a record has. */
function isText({ type, logical, converted }: ParsedElement): boolean {
  return type === physicalTypes.byteArray && (logical?.has(1) === true || converted === 0);
}

/** INTEGER of the logical types; converted types from 11 on are the unsigned, then the signed ones. */
function dtypeOf({ type, logical, converted }: ParsedElement): DType | undefined {
  const integer = logical?.get(10);
  const isOther = logical !== undefined && !(integer instanceof Map) && type !== physicalTypes.float;
  if (type === physicalTypes.boolean) return "bool";
  if (type === physicalTypes.float) return "float32";
  if (type === physicalTypes.double) return "float64";
  if (type !== physicalTypes.int32 && type !== physicalTypes.int64) return undefined;
  if (isOther) return timestampUnit({ logical } as ParsedElement) === undefined ? undefined : "int64";
  if (integer instanceof Map) {
    const bits = Number(integer.get(1));
    const isSigned = integer.get(2) !== false;
    if (bits === 8 || bits === 16 || bits === 32 || bits === 64) return `${isSigned ? "int" : "uint"}${bits}`;
    return undefined;
  }
  const old = [...(["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"] as const)];
  if (converted !== undefined) return old[converted - 11];
  return type === physicalTypes.int32 ? "int32" : "int64";
}

const unitsNs: readonly (readonly [field: number, ns: bigint])[] = [
  [1, 1_000_000n],
  [2, 1000n],
  [3, 1n],
];

function timestampUnit({ logical }: ParsedElement): bigint | undefined {
  const timestamp = logical?.get(8);
  if (!(timestamp instanceof Map)) return undefined;
  const unit: unknown = timestamp.get(2);
  if (!(unit instanceof Map)) return undefined;
  return unitsNs.find(([field]) => unit.has(field))?.[1];
}

function entry<T>(
  { metadata }: ParsedMetadata,
  key: string,
  accepts: (value: unknown) => value is T,
  notes: string[],
): T | undefined {
  const text = metadata.get(key);
  if (text === undefined) return undefined;
  try {
    const value = parseJson(text);
    if (accepts(value)) return value;
  } catch {
    // Told below, like an entry of another shape.
  }
  notes.push(`The entry ${key} is damaged; it is not used.`);
  return undefined;
}
