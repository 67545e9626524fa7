import { readFile } from "node:fs/promises";
import { isNumberDType } from "../../model/dtype.ts";
import type { Element } from "../../model/element-reader.ts";
import { parseJson } from "../../model/parse-json.ts";
import { parseStreamSchema, type StreamSchema } from "../../model/stream-schema.ts";
import { formatContract, type RecordValue, type StreamValues } from "../../testing/format-contract.ts";
import { jsonlFormat } from "./format.ts";

formatContract(jsonlFormat, { readBack });

type Filling = {
  readonly stream: StreamSchema;
  readonly timestampsNs: bigint[];
  readonly sequences: bigint[];
  readonly columns: Map<string, RecordValue[]>;
};
type Line = { readonly name: string; readonly doc: Record<string, never> };

/** With none of the reader's code: JSON of each line, where integers that a double cannot hold are bigints. */
async function readBack(path: string): Promise<Map<string, StreamValues>> {
  const streams = new Map<string, Filling>();
  for (const text of (await readFile(path, "utf8")).trimEnd().split("\n")) {
    const { name, doc } = parseJson(text) as Line;
    if (name === "descriptor") {
      const stream = parseStreamSchema(parseJson(doc.daq_stream!));
      const columns = new Map<string, RecordValue[]>(stream.columns.map((column) => [column.name, []]));
      streams.set(doc.uid!, { stream, timestampsNs: [], sequences: [], columns });
    }
    if (name !== "event_page") continue;
    const filling = streams.get(doc.descriptor!)!;
    const data = doc.data! as Record<string, unknown[]>;
    for (const time of data.timestamp!) filling.timestampsNs.push(BigInt(time as number));
    for (const number of doc.seq_num! as number[]) filling.sequences.push(BigInt(number) - 1n);
    for (const { name: column, dtype, shape } of filling.stream.columns)
      for (const value of data[column]!) {
        const items = ([value] as unknown[]).flat(Number.POSITIVE_INFINITY);
        const values =
          value === null
            ? []
            : items.map((item) => {
                if (!isNumberDType(dtype)) return item as Element;
                return /int64/.test(dtype) ? BigInt(item as number) : Number(item);
              });
        const held = value === null ? null : shape.length === 0 ? values[0]! : values;
        filling.columns.get(column)!.push(held);
      }
  }
  return new Map([...streams.values()].map(({ stream, ...values }) => [stream.name, values]));
}
