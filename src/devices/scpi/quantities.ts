import type { Quantities, Quantity, Reading, Readings } from "../../model/reading.ts";
import { readAnswer } from "./answer.ts";
import type { DescribedQuantity } from "./description.ts";
import type { Session } from "./session.ts";

/** By the name that a reader sees. */
export type NamedQuantities = ReadonlyMap<string, DescribedQuantity>;

export function describeQuantities(quantities: NamedQuantities, instrument: string): Quantities {
  return Object.fromEntries(
    [...quantities].map(([name, quantity]) => [name, describeQuantity(quantity, instrument)]),
  );
}

export function describeQuantity(
  { query, type, choices, unit, precision, limits, maxBytes }: DescribedQuantity,
  instrument: string,
): Quantity {
  const dtypes = { number: "float64", boolean: "bool", text: "string", choice: "string" } as const;
  return {
    dtype: dtypes[type],
    unit,
    source: `${instrument}: ${query}`,
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(precision === undefined ? {} : { precision }),
    ...(limits === undefined ? {} : { limits }),
    ...(choices === undefined ? {} : { choices: Object.values(choices) }),
  };
}

/** Asks for all of them, once for those that stand in the same answer. */
export async function readQuantities(
  session: Session,
  quantities: NamedQuantities,
  signal: AbortSignal,
): Promise<Readings> {
  const byQuery = Map.groupBy(quantities, ([, { query }]) => query);
  const readings: [string, Reading][] = [];
  for (const [query, together] of byQuery) {
    const read = (line: string) => together.map(([, quantity]) => readAnswer(line, quantity));
    const { value: values, timestampNs } = await session.query(query, read, { signal });
    for (const [index, [name]] of together.entries())
      readings.push([name, { value: values[index]!, timestampNs }]);
  }
  return Object.fromEntries(readings);
}
