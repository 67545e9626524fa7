import { basename } from "node:path";
import { type DType, isNumberDType } from "../../model/dtype.ts";
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
import { isLedger, isRunInfo } from "../run-entries.ts";
import { describeType, type FieldType, type TimeUnitName } from "./field-type.ts";
import type { ArrowField, ArrowSchema } from "./message.ts";
import { metadataKeys, tensorExtension } from "./schema.ts";

/** What the schema of a file says, in our words. */
export type FileSchema = {
  readonly stream: StreamSchema;
  /** True when daq-storage wrote the file: its own description of run and stream is there and fits the columns. */
  readonly own: boolean;
  /** For each column of the stream, the index of its field. */
  readonly columnFields: readonly number[];
  readonly timestampField?: number;
  /** Nanoseconds of one unit of the timestamp field. */
  readonly timestampUnitNs: bigint;
  readonly sequenceField?: number;
  readonly run?: RunInfo;
  readonly ledger?: Ledger;
  readonly notes: readonly string[];
};

const unitNs: Record<TimeUnitName, bigint> = { s: 1_000_000_000n, ms: 1_000_000n, us: 1_000n, ns: 1n };

/**
 * Describes any Arrow schema. Fields that are not numbers of a fixed width are left out, with a note. Throws
 * `DaqError("format")` when nothing is left.
 */
export function describeFileSchema(path: string, schema: ArrowSchema): FileSchema {
  if (!schema.littleEndian)
    throw new DaqError("format", `${path} was written on a big-endian machine.`, {
      hint: "Write it again with the program that made it, on a little-endian machine.",
    });
  const notes: string[] = [];
  const columns: Column[] = [];
  const columnFields: number[] = [];
  let index: { timestampField?: number; timestampUnitNs?: bigint; sequenceField?: number } = {};
  for (const [at, field] of schema.fields.entries()) {
    const { type } = field;
    if (field.name === "timestamp" && type.name === "timestamp" && !field.dictionaryEncoded) {
      index = { ...index, timestampField: at, timestampUnitNs: unitNs[type.unit ?? "ns"] };
      continue;
    }
    if (field.name === "sequence" && type.name === "int" && type.bits === 64 && !field.dictionaryEncoded) {
      index = { ...index, sequenceField: at };
      continue;
    }
    const column = columnOf(field);
    if (column === undefined) {
      const kind = field.dictionaryEncoded ? "dictionary" : describeType(type);
      notes.push(`Column "${field.name}" (${kind}) does not hold numbers of a fixed size; it is left out.`);
      continue;
    }
    const name = freeName(field.name, columns);
    if (name !== field.name)
      notes.push(`Column "${field.name}" (${describeType(type)}) is called "${name}" here.`);
    columns.push({ ...column, name });
    columnFields.push(at);
  }
  const own = ownStream(schema, columns, notes);
  if (own === undefined) leaveTextsOut(columns, columnFields, notes);
  if (columns.length === 0)
    throw new DaqError("format", `${path} has no column of numbers.`, {
      hint: `Its fields: ${schema.fields.map((field) => `${field.name} (${describeType(field.type)})`).join(", ") || "none"}.`,
    });
  const run = parsed(schema, metadataKeys.run, isRunInfo, notes);
  const ledger = parsed(schema, metadataKeys.ledger, isLedger, notes);
  return {
    stream: own ?? foreignStream(path, columns),
    own: own !== undefined && run !== undefined,
    columnFields,
    timestampUnitNs: 1n,
    ...index,
    ...(run === undefined ? {} : { run }),
    ...(ledger === undefined ? {} : { ledger }),
    notes,
  };
}

/** Only our own description says how long texts get, and so how many bytes a record has. */
function leaveTextsOut(columns: Column[], columnFields: number[], notes: string[]): void {
  for (let at = columns.length - 1; at >= 0; at--) {
    const { name, dtype } = columns[at]!;
    if (dtype !== "string") continue;
    notes.push(`Column "${name}" (utf8) holds texts of any length; it is left out.`);
    columns.splice(at, 1);
    columnFields.splice(at, 1);
  }
}

/**
 * The column that a field is: numbers of a fixed width, bools, or texts, whose `maxBytes` it does not say; undefined for
 * structures and the like.
 */
export function columnOf(field: ArrowField): Column | undefined {
  if (field.dictionaryEncoded) return undefined;
  const shape: number[] = [];
  let leaf = field;
  while (leaf.type.name === "fixed_size_list") {
    const [child] = leaf.children;
    if (child === undefined || child.dictionaryEncoded || (leaf.type.listSize ?? 0) < 1) return undefined;
    shape.push(leaf.type.listSize!);
    leaf = child;
  }
  const dtype = dtypeOf(leaf.type);
  if (dtype === undefined || (!isNumberDType(dtype) && shape.length > 0)) return undefined;
  const tensor = shape.length === 1 ? tensorShape(field, shape[0]!) : undefined;
  const unit = field.metadata.get("unit");
  return {
    name: field.name,
    dtype,
    shape: tensor?.shape ?? shape,
    dims: tensor?.dims ?? shape.map((_, at) => `dim_${at}`),
    ...(unit === undefined ? {} : { unit }),
    ...(field.nullable ? { nullable: true } : {}),
    ...(plainTypes.has(leaf.type.name) ? {} : { description: describeType(leaf.type) }),
  };
}

const plainTypes: ReadonlySet<string> = new Set(["int", "float", "bool", "utf8"]);

function dtypeOf(type: FieldType): DType | undefined {
  switch (type.name) {
    case "int":
      return type.bits === 8 || type.bits === 16 || type.bits === 32 || type.bits === 64
        ? `${type.signed === true ? "int" : "uint"}${type.bits}`
        : undefined;
    case "float":
      return type.bits === 32 || type.bits === 64 ? `float${type.bits}` : undefined;
    case "date":
    case "time":
    case "timestamp":
    case "duration":
      return type.bits === 32 ? "int32" : type.bits === 64 ? "int64" : undefined;
    case "bool":
      return "bool";
    case "utf8":
      return "string";
    default:
      return undefined;
  }
}

function tensorShape(field: ArrowField, elements: number): { shape: number[]; dims: string[] } | undefined {
  if (field.metadata.get("ARROW:extension:name") !== tensorExtension) return undefined;
  const value = tryJson(field.metadata.get("ARROW:extension:metadata") ?? "");
  if (typeof value !== "object" || value === null || !("shape" in value)) return undefined;
  const { shape } = value;
  if (!Array.isArray(shape) || !shape.every((extent) => Number.isInteger(extent) && extent > 0))
    return undefined;
  if (shape.reduce((product: number, extent: number) => product * extent, 1) !== elements) return undefined;
  const names = "dim_names" in value && Array.isArray(value.dim_names) ? value.dim_names : [];
  return { shape, dims: shape.map((_, at) => (typeof names[at] === "string" ? names[at] : `dim_${at}`)) };
}

function freeName(name: string, columns: readonly Column[]): string {
  const taken = new Set<string>([...indexColumns, ...columns.map((column) => column.name)]);
  let free = name.length === 0 ? "column" : name;
  for (let at = 2; taken.has(free); at++) free = `${name}_${at}`;
  return free;
}

/** The description that daq-storage itself put into the file, when it fits the columns that are really there. */
function ownStream(schema: ArrowSchema, found: readonly Column[], notes: string[]): StreamSchema | undefined {
  const text = schema.metadata.get(metadataKeys.stream);
  if (text === undefined) return undefined;
  try {
    const stream = parseStreamSchema(parseJson(text));
    if (layoutOf(stream.columns) === layoutOf(found)) return stream;
    notes.push(`The entry ${metadataKeys.stream} does not describe the columns of the file; it is not used.`);
  } catch (error) {
    notes.push(
      `The entry ${metadataKeys.stream} is damaged: ${error instanceof Error ? error.message : error}`,
    );
  }
  return undefined;
}

/** What decides where bytes lie, for comparing. */
export function layoutOf(columns: readonly Column[]): string {
  return JSON.stringify(
    columns.map(({ name, dtype, shape, nullable }) => [name, dtype, shape, nullable === true]),
  );
}

function foreignStream(path: string, columns: readonly Column[]): StreamSchema {
  const stem = basename(path).replace(/\.[^.]*$/, "");
  const name = stem.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 100) || "table";
  const kind = columns.length === 1 && columns[0]!.shape.length > 1 ? "array" : "table";
  return { name, kind, columns, source: "a file of another program", clock: "system" };
}

function parsed<T>(
  schema: ArrowSchema,
  key: string,
  accepts: (value: unknown) => value is T,
  notes: string[],
): T | undefined {
  const text = schema.metadata.get(key);
  if (text === undefined) return undefined;
  const value = tryJson(text);
  if (accepts(value)) return value;
  notes.push(`The entry ${key} is damaged; it is not used.`);
  return undefined;
}

function tryJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
