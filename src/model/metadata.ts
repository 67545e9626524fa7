/** What a user may attach to a run, a stream or a column: JSON without null at the top. Numbers stay numbers. */
export type MetadataValue =
  | string
  | number
  | bigint
  | boolean
  | readonly MetadataValue[]
  | { readonly [key: string]: MetadataValue };

export type Metadata = { readonly [key: string]: MetadataValue };

/**
 * JSON text with integers above 2^53 written as digits, so that nothing is rounded. JSON has no not-a-number and no
 * infinities: they become the texts "NaN", "Infinity" and "-Infinity".
 */
export function toJson(value: unknown, indent?: number): string {
  const marker = "\u0000int:";
  const text = JSON.stringify(
    value,
    (_key, item: unknown) => {
      if (typeof item === "bigint") return `${marker}${item}`;
      return typeof item === "number" && !Number.isFinite(item) ? String(item) : item;
    },
    indent,
  );
  return text.replace(/"\\u0000int:(-?\d+)"/g, "$1");
}
