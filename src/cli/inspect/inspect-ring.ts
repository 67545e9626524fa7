import { RingReader } from "../../ring/ring-reader.ts";
import { bytesText } from "../quantity-text.ts";
import { type RingStatusReport, readRingStatus } from "../ring-status.ts";
import { type InspectedStream, type Inspection, streamPart } from "./inspection.ts";

/** A ring as it is now: what it holds, and who reads it. Its records are counted by their headers. */
export function inspectRing(path: string): Inspection {
  const status = readRingStatus(path);
  const { streams, behind, capacityBytes } = lookInto(path, status);
  const { producer, run } = status;
  const isDrained = status.consumers.some(({ durable, alive }) => durable && alive);
  return {
    path,
    kind: "ring",
    state: producer === "running" || isDrained ? "recording" : "unfinished",
    stateDetail: stateDetail(status, isDrained),
    ...(run === undefined ? {} : { run }),
    files: [],
    streams,
    ledgers: [],
    notes: [
      `Records are counted as they are in the ring now, ${bytesText(capacityBytes)} in size; those before have been overwritten.`,
      ...status.consumers.map(({ name, pid, alive, durable, cursor }) => {
        const who = `${durable ? "Recorder" : "Reader"} ${name} (${pid === 0 ? "closed, its place is kept" : `process ${pid}${alive ? "" : ", gone"}`})`;
        return durable
          ? `${who} has not stored the last ${bytesText(behind(cursor))} yet.`
          : `${who} looks on.`;
      }),
    ],
    advice:
      producer === "running"
        ? [`\`daq tail ${path}\` follows it.`]
        : isDrained
          ? []
          : ["`daq recover` on the run's ….journal.jsonl, beside its files, stores what is in here."],
    python: [],
  };
}

function stateDetail({ producer, producerPid }: RingStatusReport, isDrained: boolean): string {
  const rest = isDrained ? "; a recorder is storing the rest" : "";
  switch (producer) {
    case "running":
      return `process ${producerPid} produces`;
    case "closed":
      return `the producer has finished${rest}`;
    case "crashed":
      return `process ${producerPid} died while it produced${rest}`;
  }
}

type RingContent = {
  readonly streams: readonly InspectedStream[];
  readonly behind: (cursor: number) => number;
  readonly capacityBytes: number;
};

function lookInto(path: string, status: RingStatusReport): RingContent {
  const reader = RingReader.attach(path, { name: `inspect-${process.pid}`, durable: false });
  try {
    // Where the producer was when this began: a fast one would never let it end.
    const end = reader.cursor + reader.behindBytes;
    const found = new Map<number, { records: number; first: bigint; last: bigint }>();
    while (reader.cursor < end) {
      const record = reader.next();
      if (record === undefined) break;
      if (record.kind !== "data") continue;
      const { count, firstTimestampNs, streamIndex } = record;
      const last =
        record.timestampsNs?.at(-1) ?? firstTimestampNs + spacingNs(count, record.stream.schema.rateHz);
      if (!reader.isIntact(record)) continue;
      const known = found.get(streamIndex);
      found.set(streamIndex, {
        records: (known?.records ?? 0) + count,
        first: known?.first ?? firstTimestampNs,
        last,
      });
    }
    const streams = status.streams.map((schema, index): InspectedStream => {
      const there = found.get(index);
      const ends =
        there === undefined ? {} : { firstTimestampNs: `${there.first}`, lastTimestampNs: `${there.last}` };
      const part = streamPart(path, { records: there?.records ?? 0, ...ends });
      return { schema, parts: [{ ...part, produced: reader.producedOf(index) }] };
    });
    return { streams, behind: (cursor) => Math.max(0, end - cursor), capacityBytes: reader.capacityBytes };
  } finally {
    reader.detach();
  }
}

function spacingNs(count: number, rateHz: number | undefined): bigint {
  return BigInt(Math.round(((count - 1) * 1e9) / (rateHz ?? 1)));
}
