import { DaqError } from "../model/errors.ts";
import { toJson } from "../model/metadata.ts";
import { parseJson } from "../model/parse-json.ts";
import { directoryEntryHeaderBytes, directoryKind, header } from "./layout.ts";
import type { RingMemory } from "./ring-memory.ts";

/** What readers find beside the records: each stream's schema, in the order of the streams' numbers, and the run. */
export type DirectoryEntry = { readonly kind: number; readonly value: unknown };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What an entry takes in the directory. */
export function entryBytes(value: unknown): number {
  return paddedBytes(encoder.encode(toJson(value)).byteLength);
}

function paddedBytes(textBytes: number): number {
  return Math.ceil((directoryEntryHeaderBytes + textBytes) / 8) * 8;
}

/** Adds an entry; readers see it whole or not at all. Throws `DaqError("ring")` when the directory is full. */
export function appendEntry(memory: RingMemory, kind: number, value: unknown): void {
  const text = encoder.encode(toJson(value));
  const used = memory.i32[header.directoryUsed / 4]!;
  const capacity = memory.i32[header.directoryCapacity / 4]!;
  const bytes = paddedBytes(text.byteLength);
  if (used + bytes > capacity)
    throw new DaqError(
      "ring",
      `The descriptions of streams and run need more than the ring's ${capacity} bytes for them.`,
      {
        hint: "Move long texts out of [experiment] into a file, and name the file there.",
      },
    );
  const at = memory.i32[header.directoryOffset / 4]! + used;
  memory.u32[at / 4] = kind;
  memory.u32[at / 4 + 1] = text.byteLength;
  memory.bytes.set(text, at + directoryEntryHeaderBytes);
  Atomics.store(memory.i32, header.directoryUsed / 4, used + bytes);
  if (kind === directoryKind.schema) Atomics.add(memory.i32, header.streamCount / 4, 1);
}

/** Entries from byte `from` of the directory on, and where the next call goes on. */
export function readEntries(memory: RingMemory, from: number): { entries: DirectoryEntry[]; next: number } {
  const used = Atomics.load(memory.i32, header.directoryUsed / 4);
  const start = memory.i32[header.directoryOffset / 4]!;
  const entries: DirectoryEntry[] = [];
  let next = from;
  while (next + directoryEntryHeaderBytes <= used) {
    const at = start + next;
    const length = memory.u32[at / 4 + 1]!;
    const text = memory.bytes.slice(at + directoryEntryHeaderBytes, at + directoryEntryHeaderBytes + length);
    entries.push({ kind: memory.u32[at / 4]!, value: parseJson(decoder.decode(text)) });
    next += paddedBytes(length);
  }
  return { entries, next };
}
