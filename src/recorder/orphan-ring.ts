import { rmSync } from "node:fs";
import { DaqError } from "../model/errors.ts";
import { listConsumers } from "../ring/consumer-slots.ts";
import { isAlive } from "../ring/process-identity.ts";
import { attachRingFile, producerOf } from "../ring/ring-file.ts";

/** Deletes a ring whose producer is gone and that no recorder needs any more. Returns whether it did. */
export function removeOrphanRing(path: string): boolean {
  let file: ReturnType<typeof attachRingFile>;
  try {
    file = attachRingFile(path);
  } catch (error) {
    if (error instanceof DaqError) return false; // Somebody else removed it already.
    throw error;
  }
  try {
    if (isAlive(producerOf(file.memory)) || listConsumers(file.memory).some((consumer) => consumer.durable))
      return false;
    rmSync(path, { force: true });
    return true;
  } finally {
    file.close();
  }
}
