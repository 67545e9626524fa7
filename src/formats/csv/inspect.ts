import { basename } from "node:path";
import { DaqError } from "../../model/errors.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import type { FileSummary } from "../contract.ts";
import { headerLine } from "./fields.ts";
import { parseRow } from "./parse-row.ts";
import { rowDamage } from "./row-damage.ts";
import { scanRows, timestampOf } from "./scan-rows.ts";
import { type Sidecar, sidecarPath } from "./sidecar.ts";
import { readSidecar } from "./sidecar-file.ts";
import { TextSource } from "./text-source.ts";

/** What is in a CSV file, counted from its text; the sidecar adds types, units, the run and the ledger. */
export async function inspectFile(path: string): Promise<FileSummary> {
  await using source = await TextSource.open(path);
  const rows = await scanRows(source);
  const notes: string[] = [];
  const sidecar = await sidecarOf(path, notes);
  checkHeader(path, rows.header, sidecar, notes);
  const torn = source.torn || rows.tornTextBytes > 0 || rows.header === undefined;
  if (source.torn) notes.push("The last gzip member is not whole; `daq recover` keeps its full lines.");
  const damage = rowDamage(rows, sidecar?.stream);
  if (damage !== undefined) notes.push(`Line ${damage.line} ${damage.problem}.`);
  else if (rows.tornTextBytes > 0)
    notes.push(`The last line is torn (${rows.tornTextBytes} bytes); \`daq recover\` cuts it off.`);
  if (rows.header === undefined && damage === undefined)
    notes.push("The header line is torn; `daq recover` writes it again.");
  noteChanges(source.fileBytes, rows.records, sidecar, notes);
  const firstTimestampNs = timestampOf(rows.first);
  const lastTimestampNs = timestampOf(rows.last);
  return {
    path,
    format: "csv",
    bytes: source.fileBytes,
    state: isWhole(source.fileBytes, torn, sidecar) ? "complete" : "unfinished",
    ...(sidecar === undefined ? {} : { run: sidecar.run, ledger: sidecar.ledger }),
    streams: [
      {
        schema: sidecar?.stream ?? guessedSchema(path, headerFields(path, rows.header!)),
        records: rows.records,
        ...(firstTimestampNs === undefined ? {} : { firstTimestampNs }),
        ...(lastTimestampNs === undefined ? {} : { lastTimestampNs }),
      },
    ],
    notes,
  };
}

/** True for a file that was closed and not cut since; without a sidecar a torn line is the only sign. */
export function isWhole(fileBytes: number, torn: boolean, sidecar: Sidecar | undefined): boolean {
  if (torn) return false;
  return sidecar === undefined || (sidecar.closed !== undefined && fileBytes >= sidecar.closed.bytes);
}

async function sidecarOf(path: string, notes: string[]): Promise<Sidecar | undefined> {
  try {
    const sidecar = await readSidecar(path);
    if (sidecar === undefined)
      notes.push(
        `There is no sidecar ${basename(sidecarPath(path))}: types, units, run and ledger are unknown.`,
      );
    return sidecar;
  } catch (error) {
    if (!(error instanceof DaqError)) throw error;
    notes.push(`The sidecar cannot be used. ${error.message}`);
    return undefined;
  }
}

/** Throws `DaqError("format")` for a file whose first line cannot be a header. */
export function checkHeader(
  path: string,
  header: Uint8Array | undefined,
  sidecar: Sidecar | undefined,
  notes: string[],
): void {
  if (header === undefined) {
    if (sidecar !== undefined) return;
    throw new DaqError(
      "format",
      `${path} has no complete header line: this is not a CSV file, or all of it is lost.`,
      {
        hint: "A CSV file starts with a line of column names.",
      },
    );
  }
  const text = headerText(path, header);
  if (sidecar !== undefined && `${text}\r\n` !== headerLine(sidecar.stream))
    notes.push("The header line is not the one that the sidecar describes.");
}

function headerText(path: string, header: Uint8Array): string {
  const fail = (cause?: unknown): never => {
    throw new DaqError("format", `${path}: the first line is not text in UTF-8; this is not a CSV file.`, {
      hint: "Check what the file is, for example with `file`.",
      cause,
    });
  };
  if (header.includes(0)) fail();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(header);
  } catch (error) {
    return fail(error);
  }
}

function noteChanges(bytes: number, records: number, sidecar: Sidecar | undefined, notes: string[]): void {
  const closed = sidecar?.closed;
  if (closed === undefined) return;
  if (closed.bytes !== bytes)
    notes.push(
      `The file had ${closed.bytes} bytes and ${closed.records} records when it was closed; now ${bytes} and ${records}.`,
    );
  const stored = sidecar?.ledger.accounts.reduce((sum, account) => sum + account.stored, 0);
  if (closed.bytes === bytes && stored !== records)
    notes.push(`The ledger says that ${stored} records were stored; the file has ${records}.`);
}

/** A file of unknown origin: every column is shown as a double, which the note about the sidecar explains. */
export function guessedSchema(path: string, fields: readonly string[]): StreamSchema {
  const names = fields[0] === "timestamp" && fields[1] === "sequence" ? fields.slice(2) : fields;
  return {
    name: basename(path).replace(/\.csv(\.gz)?$/i, ""),
    kind: "table",
    columns: names.map((name) => ({ name, dtype: "float64", shape: [], dims: [], nullable: true })),
    source: "unknown",
    clock: "system",
  };
}

function headerFields(path: string, header: Uint8Array): readonly string[] {
  const text = headerText(path, header).replace(/^\uFEFF/, "");
  return parseRow(text, 0, true, () => `${path}, header line`)!.fields;
}
