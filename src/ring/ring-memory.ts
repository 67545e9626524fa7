import type { Mapping } from "./posix.ts";

const high = 2 ** 32;

/**
 * The mapped file, seen as words. Positions, counts and times in the ring are 64-bit; here they are numbers, exact to
 * 2^53, because a bigint per access would cost more than the access.
 */
export class RingMemory {
  readonly mapping: Mapping;
  readonly bytes: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly i64: BigInt64Array;

  constructor(mapping: Mapping) {
    const { buffer } = mapping;
    this.mapping = mapping;
    this.bytes = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
    this.u32 = new Uint32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
    this.i64 = new BigInt64Array(buffer, 0, Math.floor(buffer.byteLength / 8));
  }

  /** A 64-bit word that nobody else writes at the moment. */
  get(byteOffset: number): number {
    const index = byteOffset / 4;
    return this.u32[index + 1]! * high + this.u32[index]!;
  }

  set(byteOffset: number, value: number): void {
    const index = byteOffset / 4;
    this.u32[index] = value >>> 0;
    this.u32[index + 1] = Math.floor(value / high);
  }

  /**
   * A 64-bit word that another process may be writing, read without allocating: when the high half is the same before
   * and after, the low half belongs to it (positions only grow, and 2^32 bytes do not pass in between).
   */
  load(byteOffset: number): number {
    const index = byteOffset / 4;
    for (;;) {
      const before = Atomics.load(this.u32, index + 1);
      const low = Atomics.load(this.u32, index);
      if (Atomics.load(this.u32, index + 1) === before) return before * high + low;
    }
  }

  /** Publishes a 64-bit word in one store; everything stored before is visible to who loads it. */
  store(byteOffset: number, value: number): void {
    Atomics.store(this.i64, byteOffset / 8, BigInt(value));
  }

  /**
   * Like `store`, and what this process stores afterwards is not seen before it: on x86-64 the store is a full fence; on
   * ARM the load cannot pass the store, and nothing that follows can pass the load.
   */
  storeFenced(byteOffset: number, value: number): void {
    this.store(byteOffset, value);
    Atomics.load(this.u32, byteOffset / 4);
  }
}
