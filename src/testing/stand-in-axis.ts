import { setTimeout } from "node:timers/promises";
import type { Movable } from "../devices/capabilities.ts";
import type { Quantities, Readings } from "../model/reading.ts";

/** What a stand-in does instead of what it should; each gets the number of the call, from 1. */
export type Behaviour = {
  readonly moveTo?: (target: number, call: number, signal: AbortSignal) => Promise<void>;
  readonly read?: (call: number) => Promise<void>;
  readonly stop?: () => Promise<void>;
};

/** An axis without a clock, there at once, that does whatever a test makes it do. It remembers what it was told. */
export class StandInAxis implements Movable {
  readonly id: string;
  readonly axis = { unit: "mm", limits: [-100, 100] } as const;
  readonly told: string[] = [];
  behaviour: Behaviour = {};
  #at = 0;
  #moves = 0;
  #reads = 0;

  constructor(id: string) {
    this.id = id;
  }

  async describe(): Promise<Quantities> {
    return { [this.id]: { dtype: "float64", unit: "mm", limits: [-100, 100], source: "stand-in" } };
  }

  async read(): Promise<Readings> {
    await this.behaviour.read?.(++this.#reads);
    return { [this.id]: { value: this.#at, timestampNs: BigInt(Date.now()) * 1_000_000n } };
  }

  async moveTo(target: number, signal: AbortSignal): Promise<void> {
    this.told.push(`move ${target}`);
    await this.behaviour.moveTo?.(target, ++this.#moves, signal);
    this.#at = target;
  }

  async position(): Promise<number> {
    return this.#at;
  }

  async stop(): Promise<void> {
    this.told.push("stop");
    await this.behaviour.stop?.();
  }

  /** Resolves when it was told this, as it stands in `told`. */
  async whenTold(text: string): Promise<void> {
    while (!this.told.includes(text)) await setTimeout(1);
  }
}
