import { setTimeout as sleep } from "node:timers/promises";
import { DaqError } from "../../model/errors.ts";
import { readAnswer } from "./answer.ts";
import type { Switch } from "./description.ts";
import type { Session } from "./session.ts";

/** Something with two states, and how each is called in a message. */
export class TwoStateSwitch {
  readonly #id: string;
  readonly #described: Switch;
  readonly #session: Session;
  readonly #names: readonly [on: string, off: string];

  constructor(id: string, described: Switch, session: Session, names: readonly [on: string, off: string]) {
    this.#id = id;
    this.#described = described;
    this.#session = session;
    this.#names = names;
  }

  /** Resolves when the instrument says so, if it can be asked. */
  async set(on: boolean, signal: AbortSignal): Promise<void> {
    const { on: commandsOn, off: commandsOff, state, intervalMs, timeoutMs } = this.#described;
    // Switching off goes before whatever else is waiting.
    await this.#session.command(on ? commandsOn : commandsOff, { signal, urgent: !on });
    if (state === undefined) return;
    const startMs = performance.now();
    for (;;) {
      const { value } = await this.#session.query(state.query, (line) => readAnswer(line, state), { signal });
      if (value === on) return;
      if (performance.now() - startMs > timeoutMs)
        throw new DaqError(
          "device",
          `${this.#id} is not ${this.#names[on ? 0 : 1]} ${timeoutMs / 1000} s after it was told to be.`,
          { hint: "Look at the instrument: an interlock or a fault may keep it from that." },
        );
      await sleep(intervalMs, undefined, { signal });
    }
  }
}
