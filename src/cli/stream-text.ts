import type { StreamSchema } from "../model/stream-schema.ts";
import { rateText, shapeText } from "./quantity-text.ts";

const mostColumns = 4;

/** A stream in one line: "480 × 640 uint8, 30 per second", "2 columns: power (mW), …". */
export function streamText({ kind, columns, rateHz }: StreamSchema): string {
  const rate = rateHz === undefined ? "rate not known" : `${rateText(rateHz)} per second`;
  const [first] = columns;
  if (kind === "array" && first !== undefined)
    return `frames of ${shapeText(first.shape)} ${first.dtype}${first.unit === undefined ? "" : ` in ${first.unit}`}, ${rate}`;
  const named = columns.slice(0, mostColumns).map(({ name, dtype, shape, unit }) => {
    const extent = shape.length === 0 ? "" : `${shapeText(shape)} `;
    return `${name} (${extent}${dtype}${unit === undefined ? "" : `, ${unit}`})`;
  });
  const more = columns.length > mostColumns ? ` and ${columns.length - mostColumns} more` : "";
  return `rows of ${named.join(", ")}${more}, ${rate}`;
}
