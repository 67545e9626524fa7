import type { FileSummary } from "../contract.ts";
import { type FileContents, readContents } from "./contents.ts";
import { describeFile } from "./describe-file.ts";
import { ParquetInput } from "./input.ts";
import type { ParsedChunk, ParsedMetadata, ParsedRowGroup } from "./parse-metadata.ts";

type Summary = Omit<FileSummary, "path" | "format" | "bytes">;

/** What is in a file, from its footer or its frames: the values are not read, whatever the file's size. */
export async function inspectParquet(path: string): Promise<FileSummary> {
  await using input = await ParquetInput.open(path);
  const contents = await readContents(input);
  const summary = contents.state === "complete" ? ofComplete(path, contents.footer) : ofUnfinished(contents);
  return { path, format: "parquet", bytes: input.sizeBytes, ...summary };
}

function ofComplete(path: string, footer: ParsedMetadata): Summary {
  const { stream, run, ledger, timestamp, notes } = describeFile(path, footer);
  const times = timestamp === undefined ? {} : timesOf(footer.rowGroups, timestamp.leaf, timestamp.unitNs);
  return {
    state: "complete",
    ...(run === undefined ? {} : { run }),
    streams: [{ schema: stream, records: footer.rows, ...times }],
    ...(ledger === undefined ? {} : { ledger }),
    notes: [...notes, ...codecNotes(footer)],
  };
}

function ofUnfinished({ scan, tail, problem }: Extract<FileContents, { state: "unfinished" }>): Summary {
  const { opening, rowGroups } = scan;
  const stored = rowGroups.reduce((sum, { parsed }) => sum + parsed.rows, 0);
  const waiting = tail?.contents.records ?? 0;
  const times =
    opening.index === "none"
      ? {}
      : timesOf(
          rowGroups.map(({ parsed }) => parsed),
          0,
          1n,
        );
  const notes = [
    ...(problem === undefined ? [] : [problem]),
    ...(waiting === 0
      ? []
      : [`${waiting} of the records are not in the file yet, but in the tail beside it.`]),
  ];
  return {
    state: "unfinished",
    run: opening.info,
    streams: [{ schema: opening.stream, records: stored + waiting, ...times }],
    notes,
  };
}

/** From the statistics of the timestamps, which grow in the files of daq-storage. */
function timesOf(
  rowGroups: readonly ParsedRowGroup[],
  leaf: number,
  unitNs: bigint,
): { firstTimestampNs?: string; lastTimestampNs?: string } {
  const chunks = rowGroups.filter(({ rows }) => rows > 0).flatMap(({ chunks }) => chunks[leaf] ?? []);
  const [first, last] = [int64Of(chunks[0], "min"), int64Of(chunks.at(-1), "max")];
  if (first === undefined || last === undefined) return {};
  return { firstTimestampNs: String(first * unitNs), lastTimestampNs: String(last * unitNs) };
}

function int64Of(chunk: ParsedChunk | undefined, side: "min" | "max"): bigint | undefined {
  const bytes = chunk?.[side];
  if (bytes?.byteLength !== 8) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true);
}

/** What other programs' files may have that is not known to every reader. */
function codecNotes({ rowGroups }: ParsedMetadata): string[] {
  const used = new Set(rowGroups.flatMap(({ chunks }) => chunks.map(({ codec }) => codec)));
  return used.has(3) ? ["Its pages are compressed with LZO, which few readers know."] : [];
}
