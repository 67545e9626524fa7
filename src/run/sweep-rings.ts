import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { listConsumers } from "../ring/consumer-slots.ts";
import { directoryOffset, header, layoutVersion, magic } from "../ring/layout.ts";
import { isAlive } from "../ring/process-identity.ts";
import { producerOf, runUidOf } from "../ring/ring-file.ts";
import { RingMemory } from "../ring/ring-memory.ts";
import { defaultRingFolder, defaultRingPath } from "./run-ring.ts";

export type SweptRing = { readonly path: string; readonly bytes: number };

/**
 * A producer in another container has another process table, and looks dead from here; its recorder takes its place in
 * the ring within seconds.
 */
const leastAgeMs = 60_000;

/**
 * Deletes rings that a run has left which was killed before its recorder had a place in them, and returns them. Only a
 * ring of this user, under the name that a run gives it, whose producer is dead for a minute at least, which holds no
 * record, and in which nobody has a place: it is of no use to anybody.
 */
export function sweepRings(folder = defaultRingFolder, nowMs = Date.now()): SweptRing[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return []; // No memory file system of this kind: nothing was left on it.
  }
  return names.sort().flatMap((name) => {
    const path = join(folder, name);
    const bytes = /^daq-[0-9a-f]{16}$/.test(name) ? abandonedBytes(path, nowMs) : undefined;
    if (bytes === undefined) return [];
    rmSync(path, { force: true });
    return [{ path, bytes }];
  });
}

/** The size of a ring that nobody will ever use; undefined for everything else. */
function abandonedBytes(path: string, nowMs: number): number | undefined {
  const head = readHead(path);
  if (head === undefined) return undefined;
  const { memory, bytes } = head;
  const ageMs = nowMs - Number(memory.i64[header.createdNs / 8]! / 1_000_000n);
  const isNamed = path.endsWith(defaultRingPath(runUidOf(memory)).slice(defaultRingFolder.length));
  const isEmpty = memory.get(header.reserved) === 0 && memory.get(header.published) === 0;
  const isNobodys = !isAlive(producerOf(memory)) && listConsumers(memory).length === 0;
  return isNamed && isEmpty && isNobodys && ageMs >= leastAgeMs ? bytes : undefined;
}

/** What stands before the directory of a ring, as a copy: mapping a large one that is in use would take its time. */
function readHead(path: string): { readonly memory: RingMemory; readonly bytes: number } | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    const status = fstatSync(fd);
    const isOurs = status.isFile() && (process.getuid === undefined || status.uid === process.getuid());
    const buffer = new ArrayBuffer(directoryOffset);
    const bytes = new Uint8Array(buffer);
    if (!isOurs || readSync(fd, bytes, 0, directoryOffset, 0) < directoryOffset) return undefined;
    const memory = new RingMemory({ address: 0n, buffer });
    const isRing =
      Buffer.from(bytes.subarray(0, 8)).toString("latin1") === magic &&
      memory.u32[header.version / 4] === layoutVersion;
    return isRing ? { memory, bytes: status.size } : undefined;
  } catch {
    return undefined; // Somebody else's, or removed just now.
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
