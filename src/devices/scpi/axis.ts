import { setTimeout as sleep } from "node:timers/promises";
import { DaqError } from "../../model/errors.ts";
import type { Quantities, Readings } from "../../model/reading.ts";
import type { Movable } from "../capabilities.ts";
import { checkTarget } from "../check-target.ts";
import { isBitSet, NoAnswer, readAnswer } from "./answer.ts";
import { assign } from "./command-text.ts";
import type { DescribedAxis, Settling } from "./description.ts";
import { describeQuantity, readQuantities } from "./quantities.ts";
import type { Exchange, Session } from "./session.ts";

/** The axis of an instrument: a wavelength, a position, a voltage. */
export class InstrumentAxis {
  readonly #id: string;
  readonly #described: DescribedAxis;
  readonly #session: Session;
  readonly axis: Movable["axis"];
  #setPoint: number | null = null;
  /** From the command until it has settled or was stopped: also when nobody waits for it any more. */
  #underWay = false;
  #movement: AbortController | undefined;

  constructor(id: string, described: DescribedAxis, session: Session) {
    this.#id = id;
    this.#described = described;
    this.#session = session;
    const { unit, limits } = described.readBack;
    this.axis = { unit, ...(limits === undefined ? {} : { limits }) };
  }

  describe(instrument: string): Quantities {
    const { readBack, setPointQuery } = this.#described;
    const quantity = describeQuantity(readBack, instrument);
    return {
      [this.#id]: quantity,
      [`${this.#id}_setpoint`]: {
        ...quantity,
        source: `${instrument}: ${setPointQuery ?? "what it was sent to"}`,
      },
    };
  }

  async read(signal: AbortSignal, nowNs: () => bigint): Promise<Readings> {
    const { readBack, setPointQuery } = this.#described;
    const setPoint = `${this.#id}_setpoint`;
    const asked = new Map([[this.#id, readBack]]);
    if (setPointQuery !== undefined) asked.set(setPoint, { ...readBack, query: setPointQuery });
    const readings = await readQuantities(this.#session, asked, signal);
    if (setPointQuery !== undefined) return readings;
    return { ...readings, [setPoint]: { value: this.#setPoint, timestampNs: nowNs() } };
  }

  async position(signal: AbortSignal): Promise<number> {
    return this.#position({ signal });
  }

  async #position(exchange: Exchange): Promise<number> {
    const { readBack } = this.#described;
    const { value } = await this.#session.query(
      readBack.query,
      (line) => readAnswer(line, readBack),
      exchange,
    );
    if (typeof value === "number") return value;
    throw new DaqError("device", `${this.#id} does not know where it is: ${readBack.query} gave no value.`, {
      hint: "Move it by hand or bring it to its reference, as its manual says.",
    });
  }

  async moveTo(target: number, signal: AbortSignal): Promise<void> {
    checkTarget({ id: this.#id, axis: this.axis }, target);
    if (this.#movement !== undefined)
      throw new DaqError("device", `${this.#id} cannot be moved to ${target}: it is moving.`, {
        hint: "Wait for the movement, or stop it.",
      });
    const movement = new AbortController();
    this.#movement = movement;
    const ended = AbortSignal.any([signal, movement.signal]);
    try {
      // From here on it may move, whatever becomes of the answer.
      this.#underWay = true;
      await this.#session.command(assign(this.#described.set, target), { signal: ended });
      this.#setPoint = target;
      await this.#settled(target, ended);
      this.#underWay = false;
    } catch (error) {
      if (!movement.signal.aborted) throw error;
      throw new DaqError("device", `${this.#id} was stopped on its way to ${target}.`, {
        hint: "It stays where it is until it is moved again.",
      });
    } finally {
      this.#movement = undefined;
    }
  }

  async #settled(target: number, signal: AbortSignal): Promise<void> {
    const { settling, readBack } = this.#described;
    if (settling === undefined) return;
    const startMs = performance.now();
    const query = settling.query ?? readBack.query;
    let thereSinceMs: number | undefined;
    for (;;) {
      await sleep(settling.intervalMs, undefined, { signal });
      const { value } = await this.#session.query(query, (line) => this.#judge(line, target, settling), {
        signal,
      });
      const nowMs = performance.now();
      thereSinceMs = value.there ? (thereSinceMs ?? nowMs) : undefined;
      if (thereSinceMs !== undefined && nowMs - thereSinceMs >= settling.holdMs) return;
      if (nowMs - startMs > settling.timeoutMs) {
        const inUnit = readBack.unit === null ? "" : ` ${readBack.unit}`;
        throw new DaqError(
          "device",
          `${this.#id} did not settle at ${target}${inUnit} within ${settling.timeoutMs / 1000} s: ${query} gives ${value.shown}.`,
          { hint: "Look at the instrument; if it needs longer, raise timeout_ms in [axis.settle]." },
        );
      }
    }
  }

  #judge(line: string, target: number, { pattern, bit, bitSet, within }: Settling) {
    const shown = line.trim();
    if (pattern !== undefined) return { there: pattern.test(shown), shown };
    if (bit !== undefined) return { there: isBitSet(shown, bit) === bitSet, shown };
    const value = readAnswer(line, this.#described.readBack);
    if (typeof value === "string") throw new NoAnswer("is not a number");
    return { there: typeof value === "number" && Math.abs(value - target) <= within!, shown };
  }

  async stop(): Promise<void> {
    if (!this.#underWay) return;
    this.#movement?.abort();
    const { stop, set } = this.#described;
    const exchange = { signal: new AbortController().signal, urgent: true };
    await this.#session.command(stop ?? assign(set, await this.#position(exchange)), exchange);
    this.#underWay = false;
  }
}
