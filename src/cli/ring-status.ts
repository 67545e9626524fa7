import type { RunInfo } from "../model/run.ts";
import { parseStreamSchema, type StreamSchema } from "../model/stream-schema.ts";
import { type ConsumerStatus, listConsumers } from "../ring/consumer-slots.ts";
import { readEntries } from "../ring/directory.ts";
import { directoryKind } from "../ring/layout.ts";
import { isAlive } from "../ring/process-identity.ts";
import { attachRingFile, isClosed, producerOf, runUidOf } from "../ring/ring-file.ts";

export type RingStatusReport = {
  readonly path: string;
  readonly runUid: string;
  /** `running`: records may still come. `closed`: the producer has finished. `crashed`: its process is gone. */
  readonly producer: "running" | "closed" | "crashed";
  readonly producerPid: number;
  readonly run: RunInfo | undefined;
  readonly streams: readonly StreamSchema[];
  readonly consumers: readonly ConsumerStatus[];
};

/** What a ring says of itself, read without taking a reader's place in it. Throws `DaqError("ring")`. */
export function readRingStatus(path: string): RingStatusReport {
  const file = attachRingFile(path);
  try {
    const { memory } = file;
    const producer = producerOf(memory);
    const { entries } = readEntries(memory, 0);
    return {
      path,
      runUid: runUidOf(memory),
      producer: isClosed(memory) ? "closed" : isAlive(producer) ? "running" : "crashed",
      producerPid: producer.pid,
      run: entries.find(({ kind }) => kind === directoryKind.run)?.value as RunInfo | undefined,
      streams: entries
        .filter(({ kind }) => kind === directoryKind.schema)
        .map(({ value }) => parseStreamSchema(value)),
      consumers: listConsumers(memory),
    };
  } finally {
    file.close();
  }
}
