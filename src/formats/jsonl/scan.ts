import type { RunStop } from "../../documents/run-stop.ts";
import { DaqError } from "../../model/errors.ts";
import { parseJson } from "../../model/parse-json.ts";
import type { RunInfo } from "../../model/run.ts";
import { parseStreamSchema, type StreamSchema } from "../../model/stream-schema.ts";
import type { Hole } from "../account-for-holes.ts";
import { timestampKey } from "./head-documents.ts";
import { linesOf } from "./lines-of.ts";
import { type Page, parseLine } from "./parse-page.ts";

export type ScannedStream = {
  readonly schema: StreamSchema;
  readonly descriptor: string;
  records: number;
  firstTimestampNs?: string;
  lastTimestampNs?: string;
  readonly holes: Hole[];
  /** The sequence number that would come next. */
  next: number;
};

export type Scan = {
  readonly run: RunInfo;
  readonly start: string;
  readonly streams: readonly ScannedStream[];
  readonly stop: RunStop | undefined;
  /** Whole lines, and what is behind them. */
  readonly wholeBytes: number;
  readonly tornBytes: number;
};

export function damaged(path: string, line: number, problem: string): DaqError {
  return new DaqError("format", `${path}, line ${line}: ${problem}.`, {
    hint: "The file is damaged, or was changed by another program; it was left as it is. Restore it from a copy.",
  });
}

export function notOurs(path: string): DaqError {
  return new DaqError("format", `${path} does not start with the start document of a run of daq-storage.`, {
    hint: "Documents of other programs are read with `readJsonlDocuments`. A file that broke off in its first lines has no data.",
  });
}

export function runOf(path: string, doc: { readonly [key: string]: unknown }): RunInfo {
  if (typeof doc.daq_run !== "string") throw notOurs(path);
  return parsed(path, 1, doc.daq_run) as RunInfo;
}

export function streamOf(path: string, line: number, doc: { readonly [key: string]: unknown }): StreamSchema {
  if (typeof doc.daq_stream !== "string") throw damaged(path, line, "the descriptor has no `daq_stream`");
  return parseStreamSchema(parsed(path, line, doc.daq_stream));
}

function parsed(path: string, line: number, text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw damaged(path, line, "what is known of the run is no JSON");
  }
}

/** Reads all of a file once. Throws `DaqError("format")` for damage before its end. */
export async function scanFile(path: string): Promise<Scan> {
  const streams = new Map<string, ScannedStream>();
  let run: RunInfo | undefined;
  let start = "";
  let stop: RunStop | undefined;
  let wholeBytes = 0;
  let tornBytes = 0;
  for await (const { number, text, endBytes } of linesOf(path)) {
    if (text === undefined) {
      tornBytes = endBytes - wholeBytes;
      break;
    }
    wholeBytes = endBytes;
    const line = parseLine(text);
    if (run === undefined) {
      if (line?.name !== "start" || line.page !== undefined) throw notOurs(path);
      run = runOf(path, line.doc);
      start = String(line.doc.uid);
      continue;
    }
    if (line === undefined) throw damaged(path, number, "a document was expected");
    if (stop !== undefined) throw damaged(path, number, "it stands behind the stop document");
    if (line.page !== undefined) addPage(path, number, streams.get(line.page.descriptor), line.page);
    else if (line.name === "descriptor") {
      const schema = streamOf(path, number, line.doc);
      const descriptor = String(line.doc.uid);
      streams.set(descriptor, { schema, descriptor, records: 0, holes: [], next: 0 });
    } else if (line.name === "stop") stop = line.doc as unknown as RunStop;
  }
  if (run === undefined || streams.size === 0) throw notOurs(path);
  return { run, start, streams: [...streams.values()], stop, wholeBytes, tornBytes };
}

function addPage(path: string, line: number, stream: ScannedStream | undefined, page: Page): void {
  const times = page.data[timestampKey];
  if (stream === undefined || times === undefined)
    throw damaged(path, line, "its page has no descriptor or no times");
  for (const value of page.numbers) {
    const number = Number(value) - 1;
    if (!(number >= stream.next)) throw damaged(path, line, `number ${String(value)} is out of order`);
    if (number > stream.next) stream.holes.push({ first: stream.next, count: number - stream.next });
    stream.next = number + 1;
  }
  if (page.numbers.length === 0) return;
  stream.records += page.numbers.length;
  stream.firstTimestampNs ??= String(times[0]);
  stream.lastTimestampNs = String(times.at(-1));
}
