import { closeSync, constants, fstatSync, openSync, readSync, statfsSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { DaqError, systemCode } from "../model/errors.ts";
import { appendGeneration } from "./generations.ts";
import {
  dataOffset,
  directoryCapacity,
  directoryOffset,
  generation,
  generationBytes,
  header,
  layoutVersion,
  magic,
  maxGenerations,
  producerState,
} from "./layout.ts";
import { allocate, mapShared, prefault, unmapShared } from "./posix.ts";
import { isAlive, ownIdentity, type ProcessIdentity } from "./process-identity.ts";
import { RingMemory } from "./ring-memory.ts";
import { type OverflowMode, overflowModes } from "./ring-options.ts";

/** An open ring file: its memory, and the descriptor that growing it needs. */
export class RingFile {
  readonly path: string;
  readonly memory: RingMemory;
  readonly #fd: number;
  #closed = false;

  constructor(path: string, fd: number, memory: RingMemory) {
    this.path = path;
    this.#fd = fd;
    this.memory = memory;
  }

  /** Adds [from, to) to the data area, allocated and present. Returns false when the space is not there. */
  grow(from: number, to: number): boolean {
    if (!allocate(this.#fd, dataOffset + from, to - from)) return false;
    prefault(this.memory.mapping, dataOffset + from, to - from);
    return true;
  }

  /** Bytes that the file can still grow by where it is. */
  freeBytes(): number {
    return freeBytesOf(this.path);
  }

  /** Idempotent. Views that were handed out must not be used afterwards; they read zeros. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    unmapShared(this.memory.mapping);
    closeSync(this.#fd);
  }
}

export function producerOf(memory: RingMemory): ProcessIdentity {
  return { pid: memory.i32[header.producerPid / 4]!, startTicks: memory.get(header.producerStartTicks) };
}

/** 32 hexadecimal digits. */
export function runUidOf(memory: RingMemory): string {
  return Buffer.from(memory.bytes.slice(header.runUid, header.runUid + 16)).toString("hex");
}

export function isClosed(memory: RingMemory): boolean {
  return Atomics.load(memory.i32, header.producerState / 4) === producerState.closed;
}

/** True when the producer ended without closing the ring. */
export function producerDied(memory: RingMemory): boolean {
  return !isClosed(memory) && !isAlive(producerOf(memory));
}

function freeBytesOf(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path));
  return bavail * bsize;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0)} MiB`;
}

export type RingFileOptions = {
  readonly capacityBytes: number;
  /** What the ring may grow to; equal to `capacityBytes` for one that does not grow. */
  readonly maxCapacityBytes: number;
  readonly overflow: OverflowMode;
  readonly runUid: string;
};

/** Makes a ring file, mode 0600, allocated and present in full. Throws `DaqError("ring")` or `("path")`. */
export function createRingFile(path: string, options: RingFileOptions): RingFile {
  const { capacityBytes, maxCapacityBytes, overflow, runUid } = options;
  const fd = openNew(path);
  try {
    const total = dataOffset + capacityBytes;
    if (freeBytesOf(path) < total || !allocate(fd, 0, total)) throw noSpace(path, total);
    const memory = new RingMemory(mapShared(fd, dataOffset + maxCapacityBytes, path));
    prefault(memory.mapping, 0, total);
    memory.u32[header.version / 4] = layoutVersion;
    memory.u32[header.dataOffset / 4] = dataOffset;
    memory.set(header.maxBytes, dataOffset + maxCapacityBytes);
    memory.i64[header.createdNs / 8] = BigInt(Date.now()) * 1_000_000n;
    memory.bytes.set(Buffer.from(runUid, "hex").subarray(0, 16), header.runUid);
    memory.i32[header.overflow / 4] = overflowModes.indexOf(overflow);
    memory.i32[header.directoryOffset / 4] = directoryOffset;
    memory.i32[header.directoryCapacity / 4] = directoryCapacity;
    const { pid, startTicks } = ownIdentity();
    memory.i32[header.producerPid / 4] = pid;
    memory.set(header.producerStartTicks, startTicks);
    memory.i32[header.producerState / 4] = producerState.open;
    appendGeneration(memory, 0, { start: 0, startOffset: 0, capacity: capacityBytes });
    // Last: a reader that finds the magic finds a whole header.
    Atomics.store(memory.i64, 0, Buffer.from(magic, "latin1").readBigInt64LE());
    return new RingFile(path, fd, memory);
  } catch (error) {
    closeSync(fd);
    unlinkSync(path);
    throw error;
  }
}

function noSpace(path: string, total: number): DaqError {
  const folder = dirname(path);
  return new DaqError(
    "ring",
    `The ring needs ${mebibytes(total)} in ${folder}, which has ${mebibytes(freeBytesOf(path))} free.`,
    {
      hint: "Choose a smaller ring_buffer.size_mb, free space there, or put ring_buffer.path on a larger tmpfs.",
    },
  );
}

function openNew(path: string): number {
  try {
    return openSync(
      path,
      constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
  } catch (error) {
    if (systemCode(error) === "EEXIST")
      throw new DaqError("ring", `${path} exists already.`, {
        hint: "Another run uses it, or a crash left it: `daq recover` stores what is in it; or choose another ring_buffer.path.",
        cause: error,
      });
    throw new DaqError("path", `The ring ${path} cannot be made: ${(error as Error).message}.`, {
      hint: "ring_buffer.path must be in a folder that you may write to, best on /dev/shm.",
      cause: error,
    });
  }
}

/** Opens a ring that another process made. Throws `DaqError("ring")` when it is not one that can be trusted. */
export function attachRingFile(path: string): RingFile {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch (error) {
    const missing = systemCode(error) === "ENOENT";
    throw new DaqError(
      "ring",
      missing
        ? `There is no ring at ${path}.`
        : `The ring ${path} cannot be opened: ${(error as Error).message}.`,
      {
        hint: missing
          ? "The run has ended, or runs elsewhere."
          : "A ring belongs to the user who records; run as that user.",
        cause: error,
      },
    );
  }
  try {
    const length = checkHeader(fd, path);
    const mapping = mapShared(fd, length.maxBytes, path);
    prefault(mapping, 0, length.presentBytes);
    return new RingFile(path, fd, new RingMemory(mapping));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function checkHeader(fd: number, path: string): { maxBytes: number; presentBytes: number } {
  const fail = (problem: string, hint: string): never => {
    throw new DaqError("ring", `${path} ${problem}`, { hint });
  };
  if (!fstatSync(fd).isFile()) fail("is not a file.", "Give the path of a ring file.");
  const { uid } = fstatSync(fd);
  if (process.getuid !== undefined && uid !== process.getuid())
    fail(
      `belongs to user ${uid}, not to you (${process.getuid()}).`,
      "Run as that user, or choose another ring_buffer.path.",
    );
  const head = Buffer.alloc(header.generations + maxGenerations * generationBytes);
  const got = readSync(fd, head, 0, head.byteLength, 0);
  if (got < header.dataOffset || head.toString("latin1", 0, 8) !== magic)
    fail(
      "is not a ring file.",
      "Give the path of a ring file; `daq tail` without a path lists the running ones.",
    );
  const version = head.readUInt32LE(header.version);
  if (version !== layoutVersion)
    fail(
      `has ring layout version ${version}; this program understands version ${layoutVersion}.`,
      "Use the same version of daq-storage on both sides.",
    );
  const maxBytes = Number(head.readBigUInt64LE(header.maxBytes));
  const needed = bytesInUse(head);
  // After the header was read: a ring that grows has its new bytes before it has the generation that names them.
  const { size } = fstatSync(fd);
  if (
    head.readUInt32LE(header.dataOffset) !== dataOffset ||
    needed === undefined ||
    size < needed ||
    maxBytes < size
  )
    fail(
      `is damaged: its header does not fit its ${size} bytes.`,
      "It cannot be used; delete it once nobody needs it.",
    );
  return { maxBytes, presentBytes: size };
}

/** Where the newest generation ends in the file: touching a page behind the file's end would kill the process. */
function bytesInUse(head: Buffer): number | undefined {
  const count = head.readInt32LE(header.generationCount);
  if (count < 1 || count > maxGenerations) return undefined;
  const at = header.generations + (count - 1) * generationBytes;
  return dataOffset + Number(head.readBigUInt64LE(at + generation.capacity));
}
