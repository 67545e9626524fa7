import { ftruncateSync } from "node:fs";
import koffi from "koffi";
import { DaqError } from "../model/errors.ts";

/**
 * All that the ring asks of the operating system, in one place: shared mappings, allocation, sleeping on a word.
 * Linux in full. macOS has no futex: waiting there is polling. Windows is not supported yet.
 */

const linux = process.platform === "linux";

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = linux ? 0x20 : 0x1000;
const MAP_NORESERVE = linux ? 0x4000 : 0x40;
const MADV_POPULATE_WRITE = 23;
const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const SYS_futex = process.arch === "arm64" ? 98 : 202;
const EINTR = 4;
const EAGAIN = 11;
const ENOSPC = 28;
const ETIMEDOUT = 110;

type FutexWait = {
  (call: number, address: bigint, operation: number, value: number, time: object): number;
  async(...call: [number, bigint, number, number, object, (error: Error | null) => void]): void;
};

type Library = {
  mmap(
    address: bigint | null,
    length: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ): bigint;
  munmap(address: bigint, length: number): number;
  madvise(address: bigint, length: number, advice: number): number;
  flock(fd: number, operation: number): number;
  fallocate(fd: number, mode: number, offset: number, length: number): number;
  futexWake(call: number, address: bigint, operation: number, count: number): number;
  futexWait: FutexWait;
};

let library: Library | undefined;

function load(): Library {
  if (library !== undefined) return library;
  if (process.platform === "win32")
    throw new DaqError("ring", "The shared-memory ring is not supported on Windows yet.", {
      hint: "Use Linux (WSL works) or macOS.",
    });
  const libc = linux ? loadLinuxLibc() : koffi.load("libSystem.dylib");
  const timespec = koffi.struct({ seconds: "int64", nanoseconds: "int64" });
  library = {
    mmap: libc.func("mmap", "void *", ["void *", "size_t", "int", "int", "int", "int64"]) as Library["mmap"],
    munmap: libc.func("munmap", "int", ["void *", "size_t"]) as Library["munmap"],
    flock: libc.func("flock", "int", ["int", "int"]) as Library["flock"],
    madvise: libc.func("madvise", "int", ["void *", "size_t", "int"]) as Library["madvise"],
    fallocate: (linux
      ? libc.func("fallocate", "int", ["int", "int", "int64", "int64"])
      : extend) as Library["fallocate"],
    // syscall(2) is variadic in C; on the ABIs that Node runs on, integer arguments travel alike, and a fixed
    // prototype is what allows koffi to call it from its pool.
    futexWake: (linux
      ? libc.func("syscall", "long", ["long", "void *", "int", "int"])
      : () => 0) as Library["futexWake"],
    futexWait: (linux
      ? libc.func("syscall", "long", ["long", "void *", "int", "uint32", koffi.pointer(timespec)])
      : undefined) as unknown as FutexWait,
  };
  return library;
}

function loadLinuxLibc() {
  try {
    return koffi.load("libc.so.6");
  } catch {
    // Alpine and others build on musl.
    return koffi.load(`libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`);
  }
}

/** Where a file cannot be allocated in full, it is at least as long as it should be. */
function extend(fd: number, _mode: number, offset: number, length: number): number {
  ftruncateSync(fd, offset + length);
  return 0;
}

/** Gives the addresses back once no view of a mapping is left that could be used. */
const unused = new FinalizationRegistry<{ readonly address: bigint; readonly length: number }>(
  ({ address, length }) => {
    load().munmap(address, length);
  },
);

export type Mapping = { readonly address: bigint; readonly buffer: ArrayBuffer };

/**
 * Maps `length` bytes of an open file, shared and writable. Pages beyond the file's end must not be touched until the
 * file has grown over them: the kernel answers with SIGBUS, which ends the process.
 */
export function mapShared(fd: number, length: number, path: string): Mapping {
  const address = load().mmap(null, length, PROT_READ_WRITE, MAP_SHARED, fd, 0);
  if (address === 0xffff_ffff_ffff_ffffn || address === -1n)
    throw new DaqError(
      "ring",
      `Mapping ${path} (${length} bytes) into memory failed (errno ${koffi.errno()}).`,
      {
        hint: "Check the limit on address space (`ulimit -v`) and choose a smaller ring_buffer.size_mb.",
      },
    );
  const buffer = koffi.view(address, length) as ArrayBuffer;
  unused.register(buffer, { address, length });
  return { address, buffer };
}

/**
 * Lets go of a mapping's file and memory. Private, empty pages take its place, because JavaScript views over it may
 * still exist: a late access reads zeros instead of ending the process. The addresses stay taken until the last view is gone.
 */
export function unmapShared(mapping: Mapping): void {
  const flags = MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE;
  load().mmap(mapping.address, mapping.buffer.byteLength, PROT_READ_WRITE, flags, -1, 0);
}

/** Takes the lock of an open file, which ends with the process that holds it. Returns false when another one has it. */
export function tryLock(fd: number): boolean {
  const exclusiveWithoutWaiting = 2 | 4;
  return load().flock(fd, exclusiveWithoutWaiting) === 0;
}

/** Allocates every page of a range of a file, growing it where needed. Returns false when the space is not there. */
export function allocate(fd: number, offset: number, length: number): boolean {
  if (load().fallocate(fd, 0, offset, length) === 0) return true;
  const errno = koffi.errno();
  if (errno === ENOSPC) return false;
  throw new DaqError("ring", `Allocating ${length} bytes for the ring failed (errno ${errno}).`, {
    hint: "Put the ring on a tmpfs such as /dev/shm.",
  });
}

/** Makes every page of a range present, so that the first lap is as fast as the later ones. */
export function prefault(mapping: Mapping, offset: number, length: number): void {
  if (linux && load().madvise(mapping.address + BigInt(offset), length, MADV_POPULATE_WRITE) === 0) return;
  const words = new Int32Array(mapping.buffer, offset, Math.floor(length / 4));
  for (let index = 0; index < words.length; index += 1024) Atomics.add(words, index, 0);
}

/** Wakes everybody who sleeps on the word. */
export function wakeAll(mapping: Mapping, byteOffset: number): void {
  if (linux) load().futexWake(SYS_futex, mapping.address + BigInt(byteOffset), FUTEX_WAKE, 0x7fff_ffff);
}

function timespecOf(duration: number) {
  const milliseconds = Math.max(0, duration);
  return { seconds: Math.floor(milliseconds / 1000), nanoseconds: Math.floor((milliseconds % 1000) * 1e6) };
}

/** Sleeps while the word holds `value`, at most `milliseconds`; blocks the thread. May wake early. */
export function sleepOnWord(mapping: Mapping, byteOffset: number, value: number, milliseconds: number): void {
  if (!linux) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.min(milliseconds, 1));
    return;
  }
  const address = mapping.address + BigInt(byteOffset);
  const result = load().futexWait(SYS_futex, address, FUTEX_WAIT, value >>> 0, timespecOf(milliseconds));
  if (result !== 0) checkErrno(koffi.errno());
}

/** The same without blocking the event loop: one thread of Node's pool sleeps. */
export function sleepOnWordAsync(
  mapping: Mapping,
  byteOffset: number,
  value: number,
  milliseconds: number,
): Promise<void> {
  if (!linux) return new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, 1)));
  const address = mapping.address + BigInt(byteOffset);
  return new Promise((resolve, reject) => {
    const arguments_ = [SYS_futex, address, FUTEX_WAIT, value >>> 0, timespecOf(milliseconds)] as const;
    load().futexWait.async(...arguments_, (error: Error | null) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

function checkErrno(errno: number): void {
  if (errno !== EAGAIN && errno !== ETIMEDOUT && errno !== EINTR && errno !== 0)
    throw new DaqError("ring", `Waiting on the ring failed (errno ${errno}).`);
}
