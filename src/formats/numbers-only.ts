import { isNumberDType } from "../model/dtype.ts";
import type { StreamSchema } from "../model/stream-schema.ts";

/** A sentence on the first column of a stream that is not of numbers, for a format that has only these. */
export function numbersOnly(format: string, { name, columns }: StreamSchema): string | undefined {
  const other = columns.find(({ dtype }) => !isNumberDType(dtype));
  return other === undefined
    ? undefined
    : `${format} cannot hold ${name}.${other.name}: its values are of the dtype ${other.dtype}, and only numbers can be stored there.`;
}
