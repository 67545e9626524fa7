import { basename } from "node:path";
import { floatText, tomlText } from "../../config/describe-config.ts";
import { isNumberDType } from "../../model/dtype.ts";
import type { Ledger } from "../../model/ledger.ts";
import type { Metadata } from "../../model/metadata.ts";
import type { RunInfo } from "../../model/run.ts";
import type { Column, StreamSchema } from "../../model/stream-schema.ts";
import { durationText } from "../duration.ts";
import { formatTable } from "../format-table.ts";
import { isoTime } from "../iso-time.ts";
import { lossLines } from "../loss-lines.ts";
import { printable } from "../printable.ts";
import { bytesText, countText, rateText, shapeText } from "../quantity-text.ts";
import type { InspectedFile, InspectedStream, Inspection, StreamPart } from "./inspection.ts";

const longestValue = 60;

/** An inspection as people read it. */
export function inspectionLines(inspection: Inspection, showAll: boolean): string[] {
  const { path, kind, state, stateDetail, run, files, streams, ledgers, notes, advice, python } = inspection;
  const one = kind === "data file" ? files[0] : undefined;
  const head = one === undefined ? [kind, state] : [one.format, bytesText(one.bytes ?? 0), state];
  const manyLedgers = ledgers.length > 1;
  const lines = [
    path,
    `  ${[...head, ...(stateDetail === undefined ? [] : [stateDetail])].join(", ")}`,
    ...section("Files", kind === "data file" ? [] : fileLines(files)),
    ...section(
      "Streams",
      streams.flatMap((stream) => streamLines(stream, kind, kind === "data file" && run === undefined)),
    ),
    ...section("Run", run === undefined ? [] : runLines(run)),
    ...section(
      "Account",
      ledgers.flatMap(({ output, ledger }) => [
        ...(manyLedgers ? [`${output}:`] : []),
        ...endingLines(ledger).map((line) => (manyLedgers ? `  ${line}` : line)),
        ...ledger.accounts
          .flatMap((account) => lossLines(account, showAll))
          .map((line) => (manyLedgers ? `  ${line}` : line)),
        ...(ledger.complete || state !== "complete"
          ? []
          : ["The account is not complete: what came after the last checkpoint is not known."]),
      ]),
    ),
    ...section("Notes", notes),
    ...section("What to do", advice),
    ...section("Read it in Python", python),
  ];
  return lines.map(printable);
}

function endingLines({ ending }: Ledger): string[] {
  if (ending === undefined) return [];
  const { exitStatus, reason } = ending;
  return [`the plan ended with ${exitStatus}${reason === "" ? "" : `: ${reason}`}`];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}

function fileLines(files: readonly InspectedFile[]): string[] {
  return formatTable(
    files.map(({ path, format, bytes, state, problem }) => [
      path,
      format,
      bytes === undefined ? "" : bytesText(bytes),
      problem === undefined ? state : `${state}: ${problem}`,
    ]),
  );
}

/** `isForeign`: what does not come from the file itself is not said. */
function streamLines(
  { schema, parts }: InspectedStream,
  kind: Inspection["kind"],
  isForeign: boolean,
): string[] {
  const columns = formatTable(schema.columns.map((column) => [column.name, ...columnCells(column)]));
  return [
    `${schema.name}: ${isForeign ? `${schema.kind} from ${schema.source}` : schemaText(schema)}`,
    ...columns.map((line) => `  ${line}`),
    ...parts.flatMap((part) => partLines(part, parts.length > 1)).map((line) => `  ${line}`),
    ...(parts.length === 0 && kind !== "ring" ? ["  no file of it can be read"] : []),
  ];
}

function schemaText({ kind, source, clock, rateHz }: StreamSchema): string {
  const rate = rateHz === undefined ? "" : `, nominally ${rateText(rateHz)} per second`;
  return `${kind} from ${source}${rate}, timestamps by the ${clock === "device" ? "device" : "system"} clock`;
}

function columnCells(column: Column): string[] {
  const { dtype, maxBytes, shape, dims, unit, nullable, scale, offset, description } = column;
  const named = shape.length === 0 ? "" : ` (${dims.join(", ")})`;
  const scaled = scale === undefined && offset === undefined ? "" : `stored × ${scale ?? 1} + ${offset ?? 0}`;
  const room = maxBytes === undefined ? "" : `up to ${maxBytes} bytes`;
  const more = [room, scaled, nullable === true ? "may be missing" : "", description ?? ""].filter(
    (text) => text !== "",
  );
  return [
    dtype,
    `${shapeText(shape)}${named}`,
    unit ?? (isNumberDType(dtype) ? "no unit" : ""),
    more.join("; "),
  ];
}

function partLines(part: StreamPart, isNamed: boolean): string[] {
  const { path, records, produced, firstTimestampNs, lastTimestampNs, seconds, ratePerSecond } = part;
  const counted =
    produced === undefined
      ? countText(records, "record")
      : `${countText(produced, "record")} produced, ${records.toLocaleString("en-US")} in the ring`;
  const rate = ratePerSecond === undefined ? "" : `, ${rateText(ratePerSecond)} per second`;
  const extent = seconds === undefined || records < 2 ? "" : ` over ${durationText(seconds)}${rate}`;
  return [
    `${isNamed ? `${basename(path)}: ` : ""}${counted}${extent}`,
    ...(firstTimestampNs === undefined ? [] : [`  first ${isoTime(firstTimestampNs)}`]),
    ...(lastTimestampNs === undefined ? [] : [`  last  ${isoTime(lastTimestampNs)}`]),
  ];
}

function runLines({ uid, startedAtNs, experiment, floats, host, software, devices }: RunInfo): string[] {
  return [
    ...formatTable([
      ["started", isoTime(startedAtNs)],
      ["host", host],
      ["software", `${software.name} ${software.version}`],
      ["uid", uid],
      ...metadataRows(experiment, floats).map(([key, value]) => [`experiment.${key}`, value]),
    ]),
    ...devices.flatMap(({ id, driver, settings }) => [
      `device ${id} (${driver})`,
      ...formatTable(metadataRows(settings)).map((line) => `  ${line}`),
    ]),
  ];
}

function metadataRows(metadata: Metadata, floats: readonly string[] = []): (readonly [string, string])[] {
  return Object.entries(metadata).map(([key, value]) => {
    const inToml = floats.includes(key) ? floatText : tomlText;
    const text = typeof value === "string" ? value : inToml(value);
    return [key, text.length > longestValue ? `${text.slice(0, longestValue)}…` : text] as const;
  });
}
