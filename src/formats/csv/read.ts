import { DaqError } from "../../model/errors.ts";
import { mostRowBytes } from "./fields.ts";
import { parseRow } from "./parse-row.ts";
import { TextSource } from "./text-source.ts";

export type ReadRowsOptions = {
  /**
   * What to do with a last record that no line end closes: RFC 4180 allows it, but in a file of this project it is
   * torn, and its last number may have lost digits.
   */
  readonly unterminated: "yield" | "skip";
};

export type CsvRecord = {
  readonly fields: string[];
  /** By their numbers; absent: none. */
  readonly empty?: ReadonlySet<number>;
};

/**
 * The records of a CSV file (RFC 4180, UTF-8, also gzip) as arrays of fields, the header line first. Takes CRLF and LF,
 * quoted fields with commas, quotes and line ends, and a byte order mark. Holds one chunk and one record in memory.
 */
export async function* readRows(
  path: string,
  options: ReadRowsOptions,
): AsyncGenerator<string[], void, void> {
  for await (const { fields } of readRecords(path, options)) yield fields;
}

/** The same, with the fields that are empty although they are there. */
export async function* readRecords(
  path: string,
  { unterminated }: ReadRowsOptions,
): AsyncGenerator<CsvRecord, void, void> {
  await using source = await TextSource.open(path);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  let record = 1;
  const where = () => `${path}, record ${record}`;
  for await (const chunk of source) {
    rest += decode(decoder, chunk, where);
    let at = 0;
    for (;;) {
      const row = parseRow(rest, at, false, where);
      if (row === undefined) break;
      yield row;
      at = row.end;
      record++;
    }
    rest = rest.slice(at);
    if (rest.length > mostRowBytes)
      throw new DaqError("format", `${where()} is longer than ${mostRowBytes} characters.`, {
        hint: "A quote that is never closed is the usual cause.",
      });
  }
  if (unterminated === "skip" || source.torn) return;
  rest += decode(decoder, undefined, where);
  const row = rest === "" ? undefined : parseRow(rest, 0, true, where);
  if (row !== undefined) yield row;
}

function decode(
  decoder: InstanceType<typeof TextDecoder>,
  chunk: Uint8Array | undefined,
  where: () => string,
): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch (error) {
    throw new DaqError("format", `${where()} or shortly after: the file is not UTF-8 text.`, {
      hint: "Convert it to UTF-8 first, for example with iconv.",
      cause: error,
    });
  }
}
