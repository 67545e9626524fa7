import type { NamedDocument } from "../../documents/document.ts";
import { eventsOf } from "../../formats/documents/events-of.ts";
import { batchesOf } from "./copy-records.ts";
import type { InterruptedRun } from "./interrupted-run.ts";

/** What stays of a run that is taken up again; what was taken after it is taken again. */
export type KeptRecords = {
  /** The last event of each stream. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Records with numbers below these, by stream; those of frames too. */
  readonly ends: ReadonlyMap<string, number>;
  /** How many those are. */
  readonly records: number;
};

/** `numbers`: the last event of each stream that stays. Frames stay up to the last one that belongs to such an event. */
export async function keptRecords(
  { streams, documents }: Pick<InterruptedRun, "streams" | "documents">,
  numbers: ReadonlyMap<string, number>,
): Promise<KeptRecords> {
  const ends = new Map<string, number>();
  for (const { source, descriptor } of streams) {
    if (descriptor === undefined) continue;
    const { name } = source.schema;
    const last = numbers.get(name) ?? 0;
    ends.set(name, 0);
    for await (const batch of batchesOf(source)) {
      let row = 0;
      for (const { seq_num: number } of eventsOf(batch, descriptor)) {
        const sequence = Number(batch.sequences[row++]!);
        if (number <= last) ends.set(name, sequence + 1);
      }
    }
  }
  const frames = streams
    .filter(({ descriptor }) => descriptor === undefined)
    .map(({ source }) => source.schema.name);
  for (const [id, end] of await keptFrames(frames, documents(), numbers)) ends.set(id, end);
  // Frames of which no event tells stay all.
  for (const { source } of streams)
    if (!ends.has(source.schema.name) && !isTold(source.schema.name, streams))
      ends.set(source.schema.name, source.account?.produced ?? source.records);
  return { numbers, ends, records: [...ends.values()].reduce((sum, end) => sum + end, 0) };
}

/** Events of several streams may tell of one camera: in the order in which they were taken. */
async function keptFrames(
  ids: readonly string[],
  documents: AsyncIterable<NamedDocument>,
  numbers: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, number>> {
  const ends = new Map<string, number>();
  if (ids.length === 0) return ends;
  const streams = new Map<string, string>();
  for await (const { name, doc } of documents) {
    if (name === "descriptor") streams.set(doc.uid, doc.name ?? "primary");
    if (name !== "event" || doc.seq_num > (numbers.get(streams.get(doc.descriptor) ?? "") ?? 0)) continue;
    for (const id of ids) {
      const frame = doc.data[`${id}_frame`];
      if (frame === undefined) continue;
      const end = ends.get(id) ?? 0;
      // Null is a frame that was lost: it had a number, too.
      ends.set(id, typeof frame === "number" ? Math.max(end, frame + 1) : end + 1);
    }
  }
  return ends;
}

function isTold(id: string, streams: InterruptedRun["streams"]): boolean {
  return streams.some(
    ({ descriptor }) => descriptor !== undefined && Object.hasOwn(descriptor.data_keys, `${id}_frame`),
  );
}
