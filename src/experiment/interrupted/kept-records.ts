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
  { streams }: Pick<InterruptedRun, "streams">,
  numbers: ReadonlyMap<string, number>,
): Promise<KeptRecords> {
  const ends = new Map<string, number>();
  const frames = streams
    .filter(({ descriptor }) => descriptor === undefined)
    .map(({ source }) => source.schema.name);
  for (const { source, descriptor } of streams) {
    if (descriptor === undefined) continue;
    const { name } = source.schema;
    const last = numbers.get(name) ?? 0;
    ends.set(name, 0);
    for await (const batch of batchesOf(source)) {
      let row = 0;
      for (const { seq_num: number, data } of eventsOf(batch, descriptor)) {
        const sequence = Number(batch.sequences[row++]!);
        if (number > last) continue;
        ends.set(name, sequence + 1);
        for (const id of frames) {
          const frame = data[`${id}_frame`];
          if (frame === undefined) continue;
          // Null is a frame that was lost: it had a number, too.
          ends.set(id, typeof frame === "number" ? frame + 1 : (ends.get(id) ?? 0) + 1);
        }
      }
    }
  }
  // Frames of which no event tells stay all.
  for (const { source } of streams)
    if (!ends.has(source.schema.name) && !isTold(source.schema.name, streams))
      ends.set(source.schema.name, source.account?.produced ?? source.records);
  return { numbers, ends, records: [...ends.values()].reduce((sum, end) => sum + end, 0) };
}

function isTold(id: string, streams: InterruptedRun["streams"]): boolean {
  return streams.some(
    ({ descriptor }) => descriptor !== undefined && Object.hasOwn(descriptor.data_keys, `${id}_frame`),
  );
}
