import { generation, generationBytes, header, maxGenerations } from "./layout.ts";
import type { RingMemory } from "./ring-memory.ts";

/**
 * Positions count bytes since the ring was made and never go back. A generation says where they lie: from position
 * `start` on, position p is at data offset `(startOffset + p − start) mod capacity`. A ring that grows starts a new generation whose
 * first byte is the first byte that was added, so that nothing has to move.
 */
export type Generation = { readonly start: number; readonly startOffset: number; readonly capacity: number };

export function readGenerations(memory: RingMemory): readonly Generation[] {
  const count = Math.min(Atomics.load(memory.i32, header.generationCount / 4), maxGenerations);
  return Array.from({ length: count }, (_, index) => {
    const at = header.generations + index * generationBytes;
    return {
      start: memory.get(at + generation.start),
      startOffset: memory.get(at + generation.startOffset),
      capacity: memory.get(at + generation.capacity),
    };
  });
}

/** Readers see the new generation before they see the first record in it: it is stored before that is published. */
export function appendGeneration(memory: RingMemory, index: number, added: Generation): void {
  const at = header.generations + index * generationBytes;
  memory.set(at + generation.start, added.start);
  memory.set(at + generation.startOffset, added.startOffset);
  memory.set(at + generation.capacity, added.capacity);
  Atomics.store(memory.i32, header.generationCount / 4, index + 1);
}

/** The last generation of `generations` that starts at or before the position. */
export function generationIndexOf(generations: readonly Generation[], position: number): number {
  let index = generations.length - 1;
  while (index > 0 && generations[index]!.start > position) index--;
  return index;
}

/** Where a position lies in the data area, in bytes from its start. */
export function offsetIn({ start, startOffset, capacity }: Generation, position: number): number {
  return (startOffset + position - start) % capacity;
}

/**
 * The position that the tail must have reached before the last generation may write `bytes` at `position`, which lies
 * at data offset `from`; the range does not wrap. It covers what the range overwrites in its own generation and in the
 * older ones.
 */
export function requiredTail(
  generations: readonly Generation[],
  position: number,
  from: number,
  bytes: number,
): number {
  const last = generations.length - 1;
  const current = generations[last]!;
  let required = position + bytes - current.capacity;
  if (required <= current.start) required = 0;
  for (let index = 0; index < last; index++) {
    const older = generations[index]!;
    const end = generations[index + 1]!.start;
    required = Math.max(required, newestOverlap(older, end, from, from + bytes));
  }
  return required;
}

/** The end of the newest part of an older generation that lies in the offsets [from, to); 0 when none does. */
function newestOverlap(older: Generation, end: number, from: number, to: number): number {
  if (from >= older.capacity) return 0;
  const lastLapStart = end - offsetIn(older, end);
  const inLastLap = Math.min(lastLapStart + to, end);
  const overlap =
    lastLapStart + from < end ? inLastLap : lastLapStart - older.capacity + Math.min(to, older.capacity);
  return overlap > older.start ? overlap : 0;
}
