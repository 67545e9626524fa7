/**
 * The byte layout of a ring file, version 1. `docs/ring-protocol.md` says the same with a drawing, for people who
 * write a reader in another language. All numbers are little-endian; every word that two processes use at the same
 * time has a 64-byte line of its own.
 */

export const magic = "DAQRING1";
export const layoutVersion = 1;
export const lineBytes = 64;

/** Offsets in bytes from the start of the file. */
export const header = {
  magic: 0,
  version: 8,
  dataOffset: 12,
  maxBytes: 16,
  createdNs: 24,
  runUid: 32,
  /** 0 discard-oldest, 1 block, 2 resize: for display. */
  overflow: 48,

  producerPid: 64,
  producerState: 68,
  producerStartTicks: 72,

  /** End of the space that has been handed out. */
  reserved: 128,
  /** End of the records that readers may read. */
  published: 192,
  /** Start of the oldest record that is still whole. */
  tail: 256,

  /** Futex word that counts wake-ups; beside it, whether somebody sleeps on it. */
  dataWake: 320,
  dataSleepers: 324,
  /** The same for the producer, who waits for space. */
  spaceWake: 384,
  spaceSleepers: 388,

  /** Bytes used in the directory, and its bounds. */
  directoryUsed: 448,
  directoryOffset: 452,
  directoryCapacity: 456,
  streamCount: 460,

  generationCount: 512,
  generations: 576,
} as const;

export const generationBytes = 32;
export const maxGenerations = 16;
export const generation = { start: 0, startOffset: 8, capacity: 16 } as const;

export const slotsOffset = 4096;
export const slotBytes = 128;
export const slotCount = 32;
export const slot = {
  /** Owner and state change together, as one 64-bit word. */
  pid: 0,
  state: 4,
  durable: 8,
  startTicks: 16,
  name: 24,
  nameBytes: 40,
  cursor: 64,
  heartbeatNs: 72,
  lostRecords: 80,
  /** A word for the owner's memory fences; it stays 0. */
  fence: 88,
} as const;
/** `taking`: being filled by a new owner. `resuming`: a recorder's place, whose new owner is about to be written down. */
export const slotState = { free: 0, attached: 1, taking: 2, resuming: 3 } as const;

export const streamsOffset = slotsOffset + slotBytes * slotCount;
export const streamBytes = 64;
export const maxStreams = 256;
export const stream = { produced: 0 } as const;

export const directoryOffset = streamsOffset + streamBytes * maxStreams;
export const directoryCapacity = 256 * 1024;
/** Each directory entry: kind, length of the text, the JSON text, padding to 8. */
export const directoryEntryHeaderBytes = 8;
export const directoryKind = { schema: 1, run: 2, index: 3 } as const;

export const dataOffset = directoryOffset + directoryCapacity;

export const producerState = { open: 1, closed: 2 } as const;

/** Every record starts on a multiple of 64 with this header. */
export const recordHeaderBytes = 64;
export const record = {
  /** state, kind, flags: one byte each; read and written as one 32-bit word. */
  word: 0,
  streamIndex: 4,
  /** Header, payload and padding: the distance to the next record. */
  bytes: 8,
  count: 16,
  payloadBytes: 24,
  firstSequence: 32,
  firstTimestampNs: 40,
  position: 48,
  reason: 56,
} as const;
export const recordState = { reserved: 1, committed: 2 } as const;
export const recordKind = { padding: 0, data: 1, document: 2, gap: 3 } as const;
/** The payload starts with one int64 timestamp for each record. */
export const flagTimestamps = 1;

export function recordWord(state: number, kind: number, flags: number): number {
  return state | (kind << 8) | (flags << 16);
}

export function alignToLine(bytes: number): number {
  return Math.ceil(bytes / lineBytes) * lineBytes;
}
