import { dtypes, isDType, numberDTypes } from "../../model/dtype.ts";
import type { MetadataValue } from "../../model/metadata.ts";
import type { Setting } from "../../model/setting.ts";
import { mostTextBytes, usualTextBytes } from "../../model/text-values.ts";

/**
 * How bytes become records: the keys that every driver of a byte stream has. Keys of one encoding have no default
 * here, so that a key which does nothing in the other encoding is found and refused.
 */
export const byteStreamSettings: readonly Setting[] = [
  {
    key: "encoding",
    kind: "string",
    required: true,
    choices: ["raw", "lines"],
    doc: '"raw": binary values, one after the other. "lines": text, one record in a line.',
  },
  {
    key: "dtype",
    kind: "string-or-strings",
    check: checkDTypes,
    doc: `Type of the values: ${numberDTypes.join(", ")}; for lines bool (1, true, on, 0, false, off) and string as well. Needed for raw. For lines one for all columns or a list with one for each; absent: float64.`,
  },
  {
    key: "max_bytes",
    kind: "integer",
    min: 1,
    max: mostTextBytes,
    unit: "bytes",
    doc: `lines: room for a text of a string column, in UTF-8; a line with a longer one is lost, and the ledger says so. Absent: ${usualTextBytes}.`,
  },
  {
    key: "columns",
    kind: "strings",
    example: 'columns = ["x", "y"]',
    doc: "Names of the values of a record, in their order: interleaved samples, or the fields of a line. Absent: one column, `value`.",
  },
  {
    key: "shape",
    kind: "integers",
    example: "shape = [480, 640]",
    check: (value) =>
      Array.isArray(value) &&
      value.length >= 1 &&
      value.every((extent) => Number.isInteger(extent) && Number(extent) >= 1)
        ? undefined
        : "expected a list of integers from 1",
    doc: "raw: each record is a frame of this shape, slowest dimension first. Instead of `columns`.",
  },
  {
    key: "dims",
    kind: "strings",
    example: 'dims = ["y", "x"]',
    doc: "raw: names of the dimensions of `shape`. Absent: x, or y and x; from three on dim_0, dim_1, …",
  },
  {
    key: "units",
    kind: "string-or-strings",
    example: 'units = ["s", "V"]',
    doc: "Unit of all columns, or a list with one for each; an empty text for none.",
  },
  {
    key: "byte_order",
    kind: "string",
    choices: ["little", "big"],
    doc: "raw: which byte of a value comes first, the least (little) or the most significant (big). Absent: little.",
  },
  {
    key: "rate_hz",
    kind: "number",
    unit: "Hz",
    check: (value) =>
      Number(value) > 0
        ? undefined
        : "expected a number above 0; leave the key out where the rate is not known",
    doc: "Records per second. raw samples that arrive together are spaced by it; for frames and lines it is only noted in the files.",
  },
  {
    key: "skip_bytes",
    kind: "integer",
    min: 0,
    unit: "bytes",
    doc: "raw: length of a header to leave out, once.",
  },
  {
    key: "delimiter",
    kind: "string",
    check: (value) => (value === "" ? "expected at least one character" : undefined),
    doc: 'lines: what separates the fields; " " is any number of blanks. Absent: found in each line, as tab, semicolon, comma or blanks, in this order.',
  },
  {
    key: "comment",
    kind: "string",
    doc: "lines: a line that begins with it is left out; an empty text: no line is. Absent: #.",
  },
  {
    key: "skip_lines",
    kind: "integer",
    min: 0,
    unit: "lines",
    doc: "lines: how many to leave out at the start.",
  },
  {
    key: "timestamp_column",
    kind: "string",
    doc: "lines: the one of `columns` that holds the record's time, in seconds since 1970 (UTC); it is read exactly, to the nanosecond. Absent: the time at which the line arrived.",
  },
];

function checkDTypes(value: MetadataValue): string | undefined {
  const given: readonly MetadataValue[] = Array.isArray(value) ? value : [value as string];
  const wrong = given.find((dtype) => !isDType(dtype));
  if (wrong !== undefined) return `"${String(wrong)}" is not a dtype; choose from: ${dtypes.join(", ")}`;
  return given.length === 0 ? "expected at least one dtype" : undefined;
}
