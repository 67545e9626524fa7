import { basename } from "node:path";
import type { DType } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import type { Ledger } from "../../model/ledger.ts";
import { toJson } from "../../model/metadata.ts";
import { parseJson } from "../../model/parse-json.ts";
import type { RunInfo } from "../../model/run.ts";
import { type Column, parseStreamSchema, type StreamSchema } from "../../model/stream-schema.ts";
import { elementCount, fieldNames } from "./fields.ts";

/** What is known of a CSV file beyond its text; stored beside it as W3C Tabular Metadata (CSVW). */
export type Sidecar = {
  readonly run: RunInfo;
  readonly stream: StreamSchema;
  readonly ledger: Ledger;
  /** The file when it was closed or recovered; absent while it is written. */
  readonly closed?: { readonly bytes: number; readonly records: number };
};

/** Where CSVW (section 5.2) has readers look for the metadata of a file. */
export function sidecarPath(path: string): string {
  return `${path}-metadata.json`;
}

/** The ledger of a stream of which nothing is known yet. */
export function openLedger(stream: StreamSchema): Ledger {
  return {
    complete: false,
    accounts: [{ stream: stream.name, produced: 0, stored: 0, lost: 0, ranges: [] }],
  };
}

/** XSD's name of each dtype. */
const datatypes: Record<DType, string> = {
  int8: "byte",
  int16: "short",
  int32: "int",
  int64: "long",
  uint8: "unsignedByte",
  uint16: "unsignedShort",
  uint32: "unsignedInt",
  uint64: "unsignedLong",
  float32: "float",
  float64: "double",
  bool: "boolean",
  string: "string",
};

export function sidecarText(path: string, sidecar: Sidecar): string {
  const { run, stream, ledger, closed } = sidecar;
  const title = run.experiment.name;
  return `${toJson(
    {
      "@context": ["http://www.w3.org/ns/csvw", { "@language": "en" }],
      url: encodeURIComponent(basename(path)),
      ...(typeof title === "string" ? { "dc:title": title } : {}),
      "dc:created": isoTime(run.startedAtNs),
      "dc:source": stream.source,
      dialect: {
        encoding: "utf-8",
        delimiter: ",",
        quoteChar: '"',
        doubleQuote: true,
        header: true,
        headerRowCount: 1,
        lineTerminators: ["\r\n"],
        trim: false,
      },
      tableSchema: { columns: [...indexFields, ...fieldDescriptions(stream)] },
      "daq:version": 1,
      "daq:state": closed === undefined ? "unfinished" : "complete",
      ...(closed === undefined ? {} : { "daq:bytes": closed.bytes, "daq:records": closed.records }),
      "daq:run": run,
      "daq:stream": stream,
      "daq:ledger": ledger,
    },
    2,
  )}\n`;
}

const indexFields = [
  {
    name: "timestamp",
    titles: "timestamp",
    datatype: "long",
    required: true,
    "schema:unitText": "ns",
    "dc:description": "Nanoseconds since 1970-01-01T00:00:00Z (UTC).",
  },
  {
    name: "sequence",
    titles: "sequence",
    datatype: "long",
    required: true,
    "dc:description":
      "Counts the records that the source produced, from 0; a hole is a loss, and the ledger says why.",
  },
];

function fieldDescriptions(stream: StreamSchema): unknown[] {
  const titles = fieldNames(stream).slice(indexFields.length);
  const columns = stream.columns.flatMap((column) =>
    Array.from({ length: elementCount(column.shape) }, () => column),
  );
  return columns.map((column, index) => fieldDescription(column, titles[index]!));
}

function fieldDescription(column: Column, title: string) {
  return {
    // CSVW names are parts of URI templates; the title is what stands in the header line.
    name: encodeURIComponent(title).replace(/^_|[!'()*~.-]/g, percent),
    titles: title,
    datatype: datatypes[column.dtype],
    // CSVW does not ask whether an empty field has quotes; where none can be missing, an empty one is a text.
    null: column.dtype === "string" && column.nullable !== true ? [] : "",
    required: column.nullable !== true,
    ...(column.unit === undefined ? {} : { "schema:unitText": column.unit }),
    ...(column.description === undefined ? {} : { "dc:description": column.description }),
    ...(column.range === undefined
      ? {}
      : { "schema:minValue": column.range[0], "schema:maxValue": column.range[1] }),
    ...(column.scale === undefined ? {} : { "daq:scale": column.scale }),
    ...(column.offset === undefined ? {} : { "daq:offset": column.offset }),
  };
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** With all nine digits: Date has milliseconds only. */
function isoTime(ns: string): string {
  const time = BigInt(ns);
  const second = (time - (((time % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)) / 1_000_000_000n;
  const digits = String(time - second * 1_000_000_000n).padStart(9, "0");
  return new Date(Number(second) * 1000).toISOString().replace(/\.\d+Z$/, `.${digits}Z`);
}

/** Throws `DaqError("format")` when the text is not a sidecar that this program wrote. */
export function parseSidecar(path: string, text: string): Sidecar {
  const fail = (problem: string, cause?: unknown): never => {
    throw new DaqError("format", `${path}: ${problem}`, {
      hint: "The values in the CSV file itself do not depend on it; move the sidecar away to read the file without it.",
      cause,
    });
  };
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    fail("this is not JSON.", error);
  }
  if (!isRecord(value)) return fail("a JSON object was expected.");
  const { "daq:run": run, "daq:stream": stream, "daq:ledger": ledger, "daq:state": state } = value;
  if (value["daq:version"] !== 1) fail(`"daq:version" must be 1, found ${String(value["daq:version"])}.`);
  if (!isRecord(run) || typeof run.uid !== "string") fail(`"daq:run" is not the description of a run.`);
  if (!isRecord(ledger) || typeof ledger.complete !== "boolean" || !Array.isArray(ledger.accounts))
    fail(`"daq:ledger" is not a ledger.`);
  const known = { run: run as RunInfo, stream: parseStreamSchema(stream), ledger: ledger as Ledger };
  if (state === "unfinished") return known;
  const { "daq:bytes": bytes, "daq:records": records } = value;
  if (state !== "complete" || typeof bytes !== "number" || typeof records !== "number")
    return fail(`"daq:state" must be "unfinished", or "complete" with "daq:bytes" and "daq:records".`);
  return { ...known, closed: { bytes, records } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
