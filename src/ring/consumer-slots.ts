import { DaqError } from "../model/errors.ts";
import { slot, slotBytes, slotCount, slotState, slotsOffset } from "./layout.ts";
import { isAlive, ownIdentity, type ProcessIdentity } from "./process-identity.ts";
import type { RingMemory } from "./ring-memory.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export type ConsumerStatus = {
  readonly name: string;
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

function ownerOf(memory: RingMemory, at: number): ProcessIdentity {
  return { pid: Atomics.load(memory.i32, (at + slot.pid) / 4), startTicks: memory.get(at + slot.startTicks) };
}

function isAttached(memory: RingMemory, at: number): boolean {
  return Atomics.load(memory.i32, (at + slot.state) / 4) === slotState.attached;
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

  /** A full memory fence, by an exchange that changes nothing. */
  fence(): void {
    Atomics.add(this.#memory.i32, (this.#at + slot.fence) / 4, 0);
  }

  beat(): void {
    this.#memory.set(this.#at + slot.heartbeatNs, Date.now() * 1e6);
  }

  release(): void {
    Atomics.store(this.#memory.i32, (this.#at + slot.state) / 4, slotState.free);
    Atomics.store(this.#memory.i32, (this.#at + slot.pid) / 4, 0);
  }
}

/**
 * Takes a slot: a durable consumer's own from before a crash, else a free one, else one whose owner died and that
 * nobody will come back for. `startCursor` is used for a new one. Throws `DaqError("ring")`.
 */
export function claimSlot(
  memory: RingMemory,
  options: { name: string; durable: boolean; startCursor: () => number },
): { slot: ConsumerSlot; resumed: boolean } {
  const { name, durable } = options;
  const self = ownIdentity();
  if (encoder.encode(name).byteLength > slot.nameBytes)
    throw new DaqError("ring", `The consumer name "${name}" is longer than ${slot.nameBytes} bytes.`);
  for (let index = 0; durable && index < slotCount; index++) {
    const at = offsetOf(index);
    if (!isAttached(memory, at) || nameOf(memory, at) !== name || memory.i32[(at + slot.durable) / 4] !== 1) continue;
    const owner = ownerOf(memory, at);
    if (isAlive(owner))
      throw new DaqError("ring", `Process ${owner.pid} records from this ring already, as "${name}".`, {
        hint: "Stop it first, or give this recorder a name of its own.",
      });
    if (Atomics.compareExchange(memory.i32, (at + slot.pid) / 4, owner.pid, self.pid) !== owner.pid) continue;
    memory.set(at + slot.startTicks, self.startTicks);
    return { slot: new ConsumerSlot(memory, at), resumed: true };
  }
  for (let index = 0; index < slotCount; index++) {
    const at = offsetOf(index);
    const owner = ownerOf(memory, at);
    const abandoned =
      owner.pid === 0 ||
      (!(isAttached(memory, at) && memory.i32[(at + slot.durable) / 4] === 1) && !isAlive(owner));
    if (!abandoned) continue;
    if (Atomics.compareExchange(memory.i32, (at + slot.pid) / 4, owner.pid, self.pid) !== owner.pid) continue;
    memory.bytes.fill(0, at + slot.durable, at + slotBytes);
    memory.set(at + slot.startTicks, self.startTicks);
    memory.i32[(at + slot.durable) / 4] = durable ? 1 : 0;
    memory.bytes.set(encoder.encode(name), at + slot.name);
    memory.store(at + slot.cursor, options.startCursor());
    Atomics.store(memory.i32, (at + slot.state) / 4, slotState.attached);
    return { slot: new ConsumerSlot(memory, at), resumed: false };
  }
  throw new DaqError("ring", `All ${slotCount} consumer slots of the ring are taken.`, {
    hint: "Stop a `daq tail` or another reader of this ring.",
  });
}

export function listConsumers(memory: RingMemory): ConsumerStatus[] {
  return Array.from({ length: slotCount }, (_, index) => offsetOf(index))
    .filter((at) => isAttached(memory, at))
    .map((at) => ({
      name: nameOf(memory, at),
      pid: ownerOf(memory, at).pid,
      alive: isAlive(ownerOf(memory, at)),
      durable: memory.i32[(at + slot.durable) / 4] === 1,
      cursor: memory.load(at + slot.cursor),
      lostRecords: memory.get(at + slot.lostRecords),
    }));
}

/** The oldest position that a durable consumer still needs; undefined when there is none. */
export function slowestDurableCursor(memory: RingMemory): number | undefined {
  let slowest: number | undefined;
  for (let index = 0; index < slotCount; index++) {
    const at = offsetOf(index);
    if (!isAttached(memory, at) || memory.i32[(at + slot.durable) / 4] !== 1) continue;
    const cursor = memory.load(at + slot.cursor);
    if (slowest === undefined || cursor < slowest) slowest = cursor;
  }
  return slowest;
}
