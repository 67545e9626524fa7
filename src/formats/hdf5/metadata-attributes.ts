import { type Metadata, type MetadataValue, toJson } from "../../model/metadata.ts";
import type { RunInfo } from "../../model/run.ts";
import type { AttributeValue } from "./file/attribute.ts";
import { floatType } from "./file/datatype.ts";

/** Readers act on these names at the root, or this writer sets them itself. */
const reservedNames = new Set([
  "NX_class",
  "default",
  "creator",
  "file_name",
  "file_time",
  "HDF5_Version",
  "NeXus_version",
  "_NCProperties",
  "date",
]);

/** An attribute and its name lie in one message of at most 64 KiB, and the header of a group is read as a whole. */
const largestTextBytes = 32_000;

const encoder = new TextEncoder();

/** Numbers stay numbers; what has no type in an attribute (nested objects, mixed lists) becomes JSON text. */
export function attributeValue(value: MetadataValue): AttributeValue {
  if (typeof value === "string") return value.includes("\0") ? toJson(value) : value;
  if (typeof value === "bigint") return fitsInteger(value) ? value : String(value);
  if (typeof value !== "object") return value;
  if (!Array.isArray(value)) return toJson(value);
  return listValue(value as readonly MetadataValue[]) ?? toJson(value);
}

function listValue(list: readonly MetadataValue[]): AttributeValue | undefined {
  if (list.length === 0) return undefined;
  if (list.every((item) => typeof item === "string"))
    return list.some((item) => item.includes("\0")) ? undefined : list;
  if (list.every((item) => typeof item === "boolean")) return list;
  if (list.every((item) => typeof item === "number")) return list;
  const isInteger = (item: MetadataValue) => typeof item === "bigint" || Number.isSafeInteger(item);
  if (!list.every(isInteger)) return undefined;
  const integers = list.map((item) => BigInt(item as number | bigint));
  const isOneType = integers.every(isSigned64) || integers.every(isUnsigned64);
  return isOneType ? integers : undefined;
}

function isSigned64(value: bigint): boolean {
  return value >= -(2n ** 63n) && value < 2n ** 63n;
}

function isUnsigned64(value: bigint): boolean {
  return value >= 0n && value < 2n ** 64n;
}

function fitsInteger(value: bigint): boolean {
  return isSigned64(value) || isUnsigned64(value);
}

/** True for what is better a dataset than an attribute. */
function isLarge(value: AttributeValue): boolean {
  if (typeof value === "string") return encoder.encode(value).byteLength > largestTextBytes;
  if (!Array.isArray(value)) return false;
  const bytes = value.map((item) => (typeof item === "string" ? encoder.encode(item).byteLength + 16 : 8));
  return bytes.reduce((sum, count) => sum + count, 0) > largestTextBytes;
}

/** A number that is a float whatever its value; lists of them as well. */
function floatAttribute(value: MetadataValue): AttributeValue | undefined {
  if (typeof value === "number")
    return { datatype: floatType(8), dims: [], data: new Uint8Array(Float64Array.of(value).buffer) };
  const isNumbers = Array.isArray(value) && value.every((item) => typeof item === "number");
  return isNumbers ? Float64Array.from(value) : undefined;
}

/** Every key as an attribute; those in `floats` as floats. Those that are too large, as text in `large`. */
export function metadataAttributes(
  metadata: Metadata,
  floats: readonly string[] = [],
): {
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly large: Readonly<Record<string, string>>;
} {
  const attributes: Record<string, AttributeValue> = Object.create(null);
  const large: Record<string, string> = Object.create(null);
  for (const [key, value] of Object.entries(metadata)) {
    const attribute = (floats.includes(key) ? floatAttribute(value) : undefined) ?? attributeValue(value);
    if (isLarge(attribute)) large[key] = typeof value === "string" ? value : toJson(value);
    else attributes[key] = attribute;
  }
  return { attributes, large };
}

/** What stands at the root, as the keys of `[experiment]`; a key that readers act on gets "experiment." before it. */
export function rootAttributes(info: RunInfo): Readonly<Record<string, AttributeValue>> {
  const { name } = info.experiment;
  const startedAt = new Date(Number(BigInt(info.startedAtNs) / 1_000_000n));
  const result: Record<string, AttributeValue> = Object.create(null);
  Object.assign(result, {
    NX_class: "NXroot",
    default: "entry",
    creator: `${info.software.name} ${info.software.version}`,
    file_time: startedAt.toISOString(),
    date: localDate(startedAt),
  });
  if (typeof name === "string") result.experiment = attributeValue(name);
  for (const [key, value] of Object.entries(metadataAttributes(info.experiment, info.floats).attributes)) {
    if (key === "date") result.date = value;
    else result[reservedNames.has(key) || key in result ? `experiment.${key}` : key] = value;
  }
  return result;
}

function localDate(at: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
