import { DaqError } from "../model/errors.ts";
import { slot, slotBytes, slotCount, slotState, slotsOffset } from "./layout.ts";
import { isAlive, ownIdentity } from "./process-identity.ts";
import type { RingMemory } from "./ring-memory.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export type ConsumerStatus = {
  readonly name: string;
  /** 0 for a recorder that let go of its place and may come back. */
  readonly pid: number;
  readonly alive: boolean;
  /** A durable consumer is a recorder: `block` waits for it, also while it is dead, because it will come back. */
  readonly durable: boolean;
  readonly cursor: number;
  readonly lostRecords: number;
};

function offsetOf(index: number): number {
  return slotsOffset + index * slotBytes;
}

/** Who owns a slot, and what it is to them: one word, so that two who want the slot cannot both get it. */
function ownerWord(pid: number, state: number): bigint {
  return BigInt(pid) | (BigInt(state) << 32n);
}

type SlotOwner = {
  readonly word: bigint;
  readonly pid: number;
  readonly state: number;
  readonly alive: boolean;
};

function ownerOf(memory: RingMemory, at: number): SlotOwner {
  const word = Atomics.load(memory.i64, (at + slot.pid) / 8);
  const pid = Number(word & 0xffff_ffffn);
  const state = Number(word >> 32n);
  // The start time belongs to the owner only once it is attached.
  const startTicks = state === slotState.attached ? memory.get(at + slot.startTicks) : 0;
  return { word, pid, state, alive: isAlive({ pid, startTicks }) };
}

function setOwner(memory: RingMemory, at: number, pid: number, state: number): void {
  Atomics.store(memory.i64, (at + slot.pid) / 8, ownerWord(pid, state));
}

function isAttached(memory: RingMemory, at: number): boolean {
  const state = Atomics.load(memory.i32, (at + slot.state) / 4);
  return state === slotState.attached || state === slotState.resuming;
}

function isDurable(memory: RingMemory, at: number): boolean {
  return isAttached(memory, at) && memory.i32[(at + slot.durable) / 4] === 1;
}

function nameOf(memory: RingMemory, at: number): string {
  const raw = memory.bytes.slice(at + slot.name, at + slot.name + slot.nameBytes);
  const end = raw.indexOf(0);
  return decoder.decode(raw.subarray(0, end < 0 ? raw.length : end));
}

/** One consumer's slot. Only its owner moves its cursor. */
export class ConsumerSlot {
  readonly #memory: RingMemory;
  readonly #at: number;

  constructor(memory: RingMemory, at: number) {
    this.#memory = memory;
    this.#at = at;
  }

  get cursor(): number {
    return this.#memory.load(this.#at + slot.cursor);
  }

  set cursor(position: number) {
    this.#memory.store(this.#at + slot.cursor, position);
  }

  addLost(records: number): void {
    const at = this.#at + slot.lostRecords;
    this.#memory.set(at, this.#memory.get(at) + records);
  }

  /**
   * What was read before is read when a later atomic load reads: on x86-64 this is a full fence; on ARM no earlier load
   * passes its store, and no atomic load passes that.
   */
  fence(): void {
    Atomics.add(this.#memory.i32, (this.#at + slot.fence) / 4, 0);
  }

  beat(): void {
    this.#memory.set(this.#at + slot.heartbeatNs, Date.now() * 1e6);
  }

  /** Gives the slot back. */
  release(): void {
    setOwner(this.#memory, this.#at, 0, slotState.free);
  }

  /** Leaves, and keeps the place for the next one of this name. */
  vacate(): void {
    setOwner(this.#memory, this.#at, 0, slotState.attached);
  }
}

type Claim = { readonly slot: ConsumerSlot; readonly resumed: boolean };
type ClaimOptions = { readonly name: string; readonly durable: boolean; readonly startCursor: () => number };

/**
 * Takes a slot: a durable consumer's own from before a crash, else a free one, else one whose owner died and that
 * nobody will come back for. `startCursor` is used for a new one. Throws `DaqError("ring")`.
 */
export function claimSlot(memory: RingMemory, options: ClaimOptions): Claim {
  const { name, durable } = options;
  if (encoder.encode(name).byteLength > slot.nameBytes)
    throw new DaqError("ring", `The consumer name "${name}" is longer than ${slot.nameBytes} bytes.`);
  const claim = (durable ? resumePlace(memory, name) : undefined) ?? takePlace(memory, options);
  if (claim === undefined)
    throw new DaqError("ring", `All ${slotCount} consumer slots of the ring are taken.`, {
      hint: "Stop a `daq tail` or another reader of this ring.",
    });
  return claim;
}

function taken(name: string, { pid }: { readonly pid: number }): DaqError {
  return new DaqError("ring", `Process ${pid} records from this ring already, as "${name}".`, {
    hint: "Stop it first, or give this recorder a name of its own.",
  });
}

function placesOf(memory: RingMemory, name: string): number[] {
  return slots().filter((at) => isDurable(memory, at) && nameOf(memory, at) === name);
}

function slots(): number[] {
  return Array.from({ length: slotCount }, (_, index) => offsetOf(index));
}

function resumePlace(memory: RingMemory, name: string): Claim | undefined {
  const self = ownIdentity();
  for (const at of placesOf(memory, name)) {
    const owner = ownerOf(memory, at);
    const resuming = ownerWord(self.pid, slotState.resuming);
    if (
      owner.alive ||
      Atomics.compareExchange(memory.i64, (at + slot.pid) / 8, owner.word, resuming) !== owner.word
    )
      throw taken(name, ownerOf(memory, at));
    memory.set(at + slot.startTicks, self.startTicks);
    setOwner(memory, at, self.pid, slotState.attached);
    return { slot: new ConsumerSlot(memory, at), resumed: true };
  }
  return undefined;
}

function takePlace(memory: RingMemory, { name, durable, startCursor }: ClaimOptions): Claim | undefined {
  const self = ownIdentity();
  for (const at of slots()) {
    const owner = ownerOf(memory, at);
    if (isDurable(memory, at) || owner.alive) continue;
    const taking = ownerWord(self.pid, slotState.taking);
    if (Atomics.compareExchange(memory.i64, (at + slot.pid) / 8, owner.word, taking) !== owner.word) continue;
    memory.bytes.fill(0, at + slot.durable, at + slotBytes);
    memory.set(at + slot.startTicks, self.startTicks);
    memory.i32[(at + slot.durable) / 4] = durable ? 1 : 0;
    memory.bytes.set(encoder.encode(name), at + slot.name);
    memory.store(at + slot.cursor, startCursor());
    setOwner(memory, at, self.pid, slotState.attached);
    const claim = { slot: new ConsumerSlot(memory, at), resumed: false };
    // Two new recorders of one name may start at the same moment: at least one of them sees the other, and leaves.
    const other = durable ? placesOf(memory, name).find((place) => place !== at) : undefined;
    if (other === undefined) return claim;
    claim.slot.release();
    throw taken(name, ownerOf(memory, other));
  }
  return undefined;
}

export function listConsumers(memory: RingMemory): ConsumerStatus[] {
  return slots()
    .filter((at) => isAttached(memory, at))
    .map((at) => {
      const { pid, alive } = ownerOf(memory, at);
      return {
        name: nameOf(memory, at),
        pid,
        alive,
        durable: isDurable(memory, at),
        cursor: memory.load(at + slot.cursor),
        lostRecords: memory.get(at + slot.lostRecords),
      };
    });
}

/** The oldest position that a durable consumer still needs; undefined when there is none. */
export function slowestDurableCursor(memory: RingMemory): number | undefined {
  let slowest: number | undefined;
  for (let index = 0; index < slotCount; index++) {
    const at = offsetOf(index);
    if (!isDurable(memory, at)) continue;
    const cursor = memory.load(at + slot.cursor);
    if (slowest === undefined || cursor < slowest) slowest = cursor;
  }
  return slowest;
}
