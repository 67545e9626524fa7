import assert from "node:assert/strict";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { reservedBytes, scratchBytes } from "../../src/kernels/kernels.ts";
import { compileKernels, createKernelMemory, instantiateKernels } from "../../src/kernels/load-kernels.ts";

export type Addresses = { readonly source: number; readonly target: number; readonly scratch: number };

/** What a kernel returned (the capacity, when it returns nothing) and what it left in the target's `capacity` bytes. */
export type Outcome = { readonly returned: number; readonly target: Uint8Array };

type Range = readonly [from: number, to: number];

/** So many bytes on both sides of each range are watched; more than any kernel reads or writes at once. */
const guardBytes = 1024;

/** So much of the scratch is filled with rubbish; all of it would take most of a test's time. */
const rubbishBytes = 65_536;

const module = compileKernels();

/**
 * Runs kernels where every byte outside the ranges they were given is watched: source, target and scratch lie between
 * guard bytes, and each call is repeated with the source, and then the target, at the very end of the memory, where one
 * byte more is a trap. The repetitions have other guard bytes and another rubbish in the scratch and in the target, so
 * that what comes out cannot depend on them.
 */
export class GuardedMemory {
  readonly kernels: Kernels;
  /** All of the memory. */
  readonly bytes: Uint8Array;
  #calls = 0;

  /** With room for sources and targets of so many bytes. */
  constructor(sourceBytes: number, targetBytes: number) {
    const memory = createKernelMemory(
      reservedBytes + scratchBytes + sourceBytes + targetBytes + 5 * guardBytes,
    );
    this.kernels = instantiateKernels(module, memory);
    this.bytes = new Uint8Array(memory.buffer);
  }

  /** The outcome of `call` on `source`, the same at all places; fails when a byte was touched that is not its own. */
  run(source: Uint8Array, capacity: number, call: (addresses: Addresses) => unknown): Outcome {
    const end = this.bytes.length;
    const scratch = reservedBytes + guardBytes;
    const first = scratch + scratchBytes + guardBytes + (this.#calls % 16);
    const second = (length: number) => first + length + guardBytes;
    const outcomes = [
      this.#runAt({ scratch, source: first, target: second(source.length) }, source, capacity, call),
      this.#runAt({ scratch, target: first, source: end - source.length }, source, capacity, call),
      this.#runAt({ scratch, source: first, target: end - capacity }, source, capacity, call),
    ] as const;
    const { returned, target } = outcomes[0];
    const written = returned < 0 ? 0 : Math.min(returned, capacity);
    for (const other of outcomes) {
      assert.equal(other.returned, returned, "what is returned depends on bytes outside the source");
      assert.ok(
        Buffer.compare(target.subarray(0, written), other.target.subarray(0, written)) === 0,
        "what is written depends on bytes outside the source",
      );
    }
    return outcomes[0];
  }

  #runAt(
    { scratch, source: sourceAt, target: targetAt }: Addresses,
    source: Uint8Array,
    capacity: number,
    call: (addresses: Addresses) => unknown,
  ): Outcome {
    const { bytes } = this;
    const rubbish = (this.#calls++ * 37 + 0xa5) & 0xff;
    const ranges: readonly Range[] = [
      [scratch, scratch + scratchBytes],
      [sourceAt, sourceAt + source.length],
      [targetAt, targetAt + capacity],
    ];
    for (const [from, to] of ranges) {
      bytes.fill(rubbish, from - guardBytes, from);
      bytes.fill(rubbish, to, to + guardBytes);
    }
    bytes.fill(~rubbish, targetAt, targetAt + capacity);
    bytes.set(source, sourceAt);
    const answer = call({
      source: sourceAt,
      target: targetAt,
      get scratch() {
        bytes.fill(rubbish ^ 0x3c, scratch, scratch + rubbishBytes);
        return scratch;
      },
    });
    const guard = Buffer.alloc(guardBytes, rubbish);
    for (const [from, to] of ranges) {
      const before = bytes.subarray(from - guardBytes, from);
      const behind = bytes.subarray(to, to + guardBytes);
      assert.ok(guard.equals(before), "bytes in front of a range were written");
      assert.ok(guard.subarray(0, behind.length).equals(behind), "bytes behind a range were written");
    }
    const left = bytes.subarray(sourceAt, sourceAt + source.length);
    assert.ok(Buffer.compare(left, source) === 0, "the source was written");
    const returned = typeof answer === "number" ? answer : capacity;
    return { returned, target: bytes.slice(targetAt, targetAt + capacity) };
  }
}
