import type { FileSummary } from "../contract.ts";
import { scanFile } from "./scan.ts";
import { ledgerOf } from "./stop-document.ts";

/** What is in a file, counted from its pages. */
export async function inspectFile(path: string): Promise<FileSummary> {
  const { run, streams, stop, wholeBytes, tornBytes } = await scanFile(path);
  const notes: string[] = [];
  if (tornBytes > 0) notes.push(`The last line is torn (${tornBytes} bytes); \`daq recover\` cuts it off.`);
  const ledger = stop === undefined ? undefined : ledgerOf(stop);
  for (const { schema, records } of streams) {
    const stored = ledger?.accounts.find(({ stream }) => stream === schema.name)?.stored;
    if (stored !== undefined && stored !== records)
      notes.push(
        `The ledger says that ${stored} records of ${schema.name} were stored; the file has ${records}.`,
      );
  }
  return {
    path,
    format: "jsonl",
    bytes: wholeBytes + tornBytes,
    state: stop !== undefined && tornBytes === 0 ? "complete" : "unfinished",
    run,
    streams: streams.map(({ schema, records, firstTimestampNs, lastTimestampNs }) => ({
      schema,
      records,
      ...(firstTimestampNs === undefined ? {} : { firstTimestampNs }),
      ...(lastTimestampNs === undefined ? {} : { lastTimestampNs }),
    })),
    ...(ledger === undefined ? {} : { ledger }),
    notes,
  };
}
