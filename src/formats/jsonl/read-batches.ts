import { open } from "node:fs/promises";
import type { Batch, ColumnValues } from "../../model/batch.ts";
import { isNumberDType, numberDType, typedView } from "../../model/dtype.ts";
import { type Column, columnItemBytes, type StreamSchema } from "../../model/stream-schema.ts";
import { putText, textProblem } from "../../model/text-values.ts";
import { noSuchStream, unfinished } from "../unreadable.ts";
import { timestampKey } from "./head-documents.ts";
import { linesOf } from "./lines-of.ts";
import { type Page, parseLine } from "./parse-page.ts";
import { damaged, notOurs, runOf, streamOf } from "./scan.ts";

/** All records of one stream of a finished file, a batch for each page. */
export async function* readJsonl(path: string, name: string): AsyncGenerator<Batch, void, void> {
  let stream: StreamSchema | undefined;
  let key = "";
  let isHead = true;
  let isStopped = false;
  for await (const { number, text } of linesOf(path)) {
    // Another stream's page is not taken apart.
    if (!isHead && !isStopped && text?.startsWith('{"name":"event_page"') && !text.includes(key)) continue;
    const line = text === undefined ? undefined : parseLine(text);
    if (number === 1) {
      if (line?.name !== "start" || line.page !== undefined) throw notOurs(path);
      runOf(path, line.doc);
      if (!(await hasStop(path))) throw unfinished(path);
      continue;
    }
    if (line === undefined || isStopped) throw damaged(path, number, "a document was expected");
    if (line.page === undefined) {
      isStopped = line.name === "stop";
      if (line.name !== "descriptor") continue;
      const found = streamOf(path, number, line.doc);
      if (found.name !== name) continue;
      stream = found;
      key = JSON.stringify(line.doc.uid);
      continue;
    }
    if (stream === undefined) throw noSuchStream(path, name);
    isHead = false;
    if (JSON.stringify(line.page.descriptor) === key) yield batchOf(path, number, stream, line.page);
  }
  if (stream === undefined) throw noSuchStream(path, name);
  if (!isStopped) throw unfinished(path);
}

const tailBytes = 64 * 1024;
const lineFeed = 0x0a;

/** Whether the last line is a stop document: without one, what there is would look like all there is. */
async function hasStop(path: string): Promise<boolean> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    let tail = Buffer.alloc(0);
    for (let end = size; end > 0; ) {
      const start = Math.max(0, end - tailBytes);
      const { buffer } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
      tail = Buffer.concat([buffer, tail]);
      if (tail.at(-1) !== lineFeed) return false;
      const before = tail.lastIndexOf(lineFeed, -2);
      if (before >= 0)
        return /^\s*\{\s*"name"\s*:\s*"stop"/.test(tail.toString("utf8", before + 1, before + 64));
      end = start;
    }
    return false;
  } finally {
    await handle.close();
  }
}

function batchOf(path: string, line: number, stream: StreamSchema, { numbers, data }: Page): Batch {
  const list = (name: string): readonly unknown[] => {
    if (!Object.hasOwn(data, name)) throw damaged(path, line, `its page has no ${JSON.stringify(name)}`);
    return data[name]!;
  };
  try {
    return {
      stream,
      count: numbers.length,
      timestampsNs: BigInt64Array.from(list(timestampKey), (value) => BigInt(value as number | string)),
      sequences: BigInt64Array.from(numbers, (value) => BigInt(value as number | string) - 1n),
      columns: stream.columns.map((column) => valuesOf(column, list(column.name))),
    };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError || error instanceof TypeError))
      throw error;
    throw damaged(path, line, `a value is not what its descriptor says (${error.message})`);
  }
}

const notFinite: readonly unknown[] = ["NaN", "Infinity", "-Infinity"];

function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  // Long digits come as texts.
  if (typeof value === "string" && (notFinite.includes(value) || /^-?\d+$/.test(value))) return Number(value);
  throw new TypeError(`${JSON.stringify(value)} is no number`);
}

function valuesOf(column: Column, list: readonly unknown[]): ColumnValues {
  return isNumberDType(column.dtype) ? numbersOf(column, list) : cellsOf(column, list);
}

/** Texts and bools. */
function cellsOf(column: Column, list: readonly unknown[]): ColumnValues {
  const { dtype, nullable } = column;
  const itemBytes = columnItemBytes(column);
  const bytes = new Uint8Array(list.length * itemBytes);
  const validity = nullable === true ? new Uint8Array(list.length) : undefined;
  for (const [row, value] of list.entries()) {
    if (value === null && validity !== undefined) continue;
    if (validity !== undefined) validity[row] = 1;
    if (typeof value !== (dtype === "bool" ? "boolean" : "string"))
      throw new TypeError(`${JSON.stringify(value)} is no ${dtype}`);
    if (typeof value === "string") {
      const problem = textProblem(value, itemBytes);
      if (problem !== undefined) throw new TypeError(`a text ${problem}`);
      putText(bytes.subarray(row * itemBytes, (row + 1) * itemBytes), value);
    } else bytes[row] = Number(value);
  }
  return { bytes, ...(validity === undefined ? {} : { validity }) };
}

function numbersOf(column: Column, list: readonly unknown[]): ColumnValues {
  const bytes = new Uint8Array(list.length * columnItemBytes(column));
  const values = typedView(numberDType(column.dtype), bytes);
  const validity = column.nullable === true ? new Uint8Array(list.length) : undefined;
  const elements = column.shape.reduce((product, extent) => product * extent, 1);
  const isWide = values instanceof BigInt64Array || values instanceof BigUint64Array;
  const isFloat = values instanceof Float64Array || values instanceof Float32Array;
  for (const [row, value] of list.entries()) {
    if (value === null && validity !== undefined) {
      if (isFloat) values.fill(Number.NaN, row * elements, (row + 1) * elements);
      continue;
    }
    if (validity !== undefined) validity[row] = 1;
    const items = column.shape.length === 0 ? [value] : (value as unknown[]).flat(Number.POSITIVE_INFINITY);
    if (items.length !== elements)
      throw new TypeError(`${items.length} values, where ${elements} are expected`);
    for (const [index, item] of items.entries()) {
      const at = row * elements + index;
      values[at] = isWide ? BigInt(item as number | string) : numberOf(item);
      if (!isFloat && !isWide && values[at] !== item)
        throw new TypeError(`${String(item)} is no ${column.dtype}`);
    }
  }
  return { bytes, ...(validity === undefined ? {} : { validity }) };
}
