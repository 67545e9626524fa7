import { type DType, isNumberDType } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import type { StreamSink } from "../../model/frame-sink.ts";
import type { SettingValues } from "../../model/setting.ts";
import type { Column, StreamSchema } from "../../model/stream-schema.ts";
import { usualTextBytes } from "../../model/text-values.ts";
import { configuredSchema } from "../configured-schema.ts";
import type { SourceContext } from "../contract.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import { HeaderSkipper } from "./header-skipper.ts";
import { LineDecoder, type LineLayout } from "./line-decoder.ts";
import type { RecordDecoder } from "./record-decoder.ts";
import { withRefusedRecords } from "./refused-records.ts";
import { SampleDecoder } from "./sample-decoder.ts";

/** A stream of bytes as settings describe it: its schema, and a decoder for each run. */
export type ByteStream = {
  readonly schema: StreamSchema;
  /** Opens the stream in the run's sink. */
  open(context: SourceContext): RecordDecoder;
};

const onlyFor = {
  raw: ["shape", "dims", "byte_order", "skip_bytes"],
  lines: ["delimiter", "comment", "skip_lines", "timestamp_column", "max_bytes"],
} as const;

/** `source` goes into the schema. Throws `DaqError("config")` for keys that do not go together. */
export function byteStream(id: string, source: string, settings: SettingValues): ByteStream {
  const problems: { readonly problem: string; readonly hint: string }[] = [];
  const fail = (problem: string, hint: string): void => {
    problems.push({ problem, hint });
  };
  const encoding = settings.encoding as "raw" | "lines";
  const other = encoding === "raw" ? "lines" : "raw";
  for (const misplaced of onlyFor[other].filter((key) => settings[key] !== undefined))
    fail(`"${misplaced}" belongs to encoding = "${other}", not to "${encoding}"`, `Remove "${misplaced}".`);
  if (settings.shape !== undefined && settings.columns !== undefined)
    fail(
      '"shape" and "columns" exclude each other',
      "Keep shape for frames, columns for interleaved samples.",
    );
  if (settings.shape === undefined && settings.dims !== undefined)
    fail('"dims" names the dimensions of "shape", which is missing', 'Add "shape" or remove "dims".');
  if (encoding === "raw" && settings.dtype === undefined)
    fail('encoding = "raw" needs "dtype"', 'Say what the bytes are, for example dtype = "uint16".');
  else if (encoding === "raw" && typeof settings.dtype !== "string")
    fail('encoding = "raw" has one dtype for all values', 'Give a single one, for example dtype = "uint16".');
  else if (encoding === "raw" && !isNumberDType(settings.dtype))
    fail(
      `encoding = "raw" has numbers, not ${settings.dtype}`,
      'For texts and switches set encoding = "lines".',
    );
  const maxBytes = (settings.max_bytes as number | undefined) ?? usualTextBytes;
  if (settings.max_bytes !== undefined && ![settings.dtype].flat().includes("string"))
    fail('"max_bytes" is for columns of dtype "string", and there is none', 'Remove "max_bytes".');

  const names =
    settings.shape === undefined ? ((settings.columns as string[] | undefined) ?? ["value"]) : ["frame"];
  const timeName = settings.timestamp_column as string | undefined;
  const timeField = timeName === undefined ? undefined : names.indexOf(timeName);
  if (timeField === -1)
    fail(
      `timestamp_column = "${timeName}" is not one of the columns (${names.join(", ")})`,
      "Use one of their names.",
    );
  const perColumn = <T extends string>(key: "units" | "dtype", index: number): T | undefined => {
    const value = settings[key] as T | readonly T[] | undefined;
    if (!Array.isArray(value)) return value as T | undefined;
    if (value.length !== names.length)
      fail(
        `"${key}" has ${value.length} entries for ${names.length} columns`,
        "Give one, or one for each column.",
      );
    return value[index];
  };
  const shape = (settings.shape as number[] | undefined) ?? [];
  const columns = names.map((name, index): Column => {
    const unit = perColumn<string>("units", index);
    const dtype = perColumn<DType>("dtype", index) ?? "float64";
    if (!isNumberDType(dtype) && unit !== undefined && unit !== "")
      fail(`column "${name}" is of dtype ${dtype}, and has the unit ${unit}`, 'Give "" for it in units.');
    if (!isNumberDType(dtype) && index === timeField)
      fail(
        `timestamp_column = "${name}" is of dtype ${dtype}`,
        "A time is a number: leave its dtype float64.",
      );
    return {
      name,
      dtype,
      ...(dtype === "string" ? { maxBytes } : {}),
      shape,
      dims: (settings.dims as string[] | undefined) ?? usualDims(shape.length),
      ...(unit === undefined || unit === "" ? {} : { unit }),
      ...(encoding === "lines" ? { nullable: true } : {}),
    };
  });
  throwIfAny(id, problems);
  const rateHz = settings.rate_hz as number | undefined;
  const schema = configuredSchema({
    name: id,
    kind: shape.length > 0 ? "array" : "table",
    columns: columns.filter((_, index) => index !== timeField),
    source,
    clock: timeField === undefined ? "system" : "device",
    ...(rateHz === undefined ? {} : { rateHz }),
    metadata: { encoding },
  });
  const bigEndian = settings.byte_order === "big";
  const skipBytes = (settings.skip_bytes as number | undefined) ?? 0;
  const lineLayout: LineLayout = {
    fields: names,
    timeField,
    delimiter: settings.delimiter as string | undefined,
    comment: (settings.comment as string | undefined) ?? "#",
    skipLines: (settings.skip_lines as number | undefined) ?? 0,
  };

  return {
    schema,
    open(context) {
      const decoderContext = {
        nowNs: () => context.clock.nowNs(),
        recordLimit: context.recordLimit ?? Number.POSITIVE_INFINITY,
        warn: context.warn,
      };
      const decoderOver = (stream: StreamSink): RecordDecoder => {
        if (encoding === "lines") return new LineDecoder(stream, lineLayout, decoderContext);
        if (schema.kind === "array") return new FrameDecoder(stream, bigEndian, decoderContext);
        return new SampleDecoder(stream, bigEndian, decoderContext);
      };
      const decoder = withRefusedRecords(context.sink.openStream(schema), context.warn, decoderOver);
      return skipBytes > 0 ? new HeaderSkipper(decoder, skipBytes, context.warn) : decoder;
    },
  };
}

/** One line for each, so that a person sees all at once. */
function throwIfAny(
  id: string,
  problems: readonly { readonly problem: string; readonly hint: string }[],
): void {
  const [first] = problems;
  if (first === undefined) return;
  if (problems.length === 1)
    throw new DaqError("config", `Device "${id}": ${first.problem}.`, { hint: first.hint });
  const lines = problems.map(({ problem, hint }) => `Device "${id}": ${problem}. ${hint}`);
  throw new DaqError("config", lines.join("\n"));
}

function usualDims(count: number): string[] {
  if (count <= 2) return ["y", "x"].slice(2 - count);
  return Array.from({ length: count }, (_, index) => `dim_${index}`);
}
