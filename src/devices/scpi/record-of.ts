import { DaqError } from "../../model/errors.ts";
import type { RecordsToWrite } from "../../model/frame-sink.ts";
import type { Readings, ReadingValue } from "../../model/reading.ts";
import { type Column, columnItemBytes, type StreamSchema } from "../../model/stream-schema.ts";
import { putText, textProblem } from "../../model/text-values.ts";

/** One record of what an instrument answered; its time is that of the last answer. Throws `DaqError("device")` for a text without room. */
export function recordOf({ columns: described }: StreamSchema, readings: Readings): RecordsToWrite {
  const columns: Uint8Array[] = [];
  const validity: Uint8Array[] = [];
  let timestampNs = 0n;
  for (const column of described) {
    const reading = readings[column.name]!;
    if (reading.timestampNs > timestampNs) timestampNs = reading.timestampNs;
    validity.push(new Uint8Array([reading.value === null ? 0 : 1]));
    columns.push(itemOf(column, reading.value));
  }
  return { count: 1, timestampNs, columns, validity };
}

function itemOf(column: Column, value: ReadingValue): Uint8Array {
  const bytes = new Uint8Array(columnItemBytes(column));
  if (typeof value === "string") {
    const problem = textProblem(value, bytes.byteLength);
    if (problem !== undefined)
      throw new DaqError("device", `${column.name} ${problem}: ${JSON.stringify(value.slice(0, 40))}.`, {
        hint: "Give the reading more room with max_bytes, or take a part of the answer with pattern.",
      });
    putText(bytes, value);
  } else if (typeof value === "boolean") bytes[0] = Number(value);
  else if (column.dtype === "float64")
    new Float64Array(bytes.buffer)[0] = typeof value === "number" ? value : Number.NaN;
  return bytes;
}
