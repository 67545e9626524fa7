import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { removeStoredRing } from "../recorder/orphan-ring.ts";
import { listConsumers } from "../ring/consumer-slots.ts";
import { directoryOffset, header, layoutVersion, magic } from "../ring/layout.ts";
import { isAlive } from "../ring/process-identity.ts";
import { producerOf, runUidOf } from "../ring/ring-file.ts";
import { RingMemory } from "../ring/ring-memory.ts";
import { defaultRingFolder, defaultRingPath } from "../ring/ring-place.ts";

export type SweptRing = {
  readonly path: string;
  readonly bytes: number;
  /** `empty`: no recorder ever had a place in it. `stored`: the run's index says that everything is in its files. */
  readonly was: "empty" | "stored";
};

/**
 * A producer in another container has another process table, and looks dead from here; its recorder takes its place in
 * the ring within seconds.
 */
const leastAgeMs = 60_000;

/**
 * Deletes rings that a run has left which was killed before its recorder had a place in them, or after it had stored
 * everything, and returns them. Only a ring of this user, under the name that a run gives it, which is a minute old at
 * least, whose producer is dead, and which is empty with nobody's place in it, or stored as the run's index says: it is
 * of no use to anybody.
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
    const found = /^daq-[0-9a-f]{16}$/.test(name) ? abandoned(path, nowMs) : undefined;
    if (found === undefined) return [];
    if (found.isEmpty) rmSync(path, { force: true });
    else if (!removeStoredRing(path)) return [];
    return [{ path, bytes: found.bytes, was: found.isEmpty ? "empty" : "stored" }];
  });
}

/** A ring that nobody works with; undefined for everything else. Also one that is not empty may still be needed. */
function abandoned(
  path: string,
  nowMs: number,
): { readonly bytes: number; readonly isEmpty: boolean } | undefined {
  const head = readHead(path);
  if (head === undefined) return undefined;
  const { memory, bytes } = head;
  const ageMs = nowMs - Number(memory.i64[header.createdNs / 8]! / 1_000_000n);
  const isNamed = path.endsWith(defaultRingPath(runUidOf(memory)).slice(defaultRingFolder.length));
  const consumers = listConsumers(memory);
  const isNobodys = !isAlive(producerOf(memory)) && !consumers.some(({ alive }) => alive);
  if (!isNamed || !isNobodys || ageMs < leastAgeMs) return undefined;
  const holdsNothing = memory.get(header.reserved) === 0 && memory.get(header.published) === 0;
  return { bytes, isEmpty: holdsNothing && consumers.length === 0 };
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
