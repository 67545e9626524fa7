import type { Rehearsal } from "./rehearsal.ts";
import type { Session } from "./session.ts";

/** One step of a plan: an order to the engine, which a plan yields and the engine carries out. */
export interface Message {
  readonly command: string;
  /**
   * `checkpoint`: after a pause the plan goes on from here. `once`: never repeated; what follows it is where a pause goes
   * back to. Absent: it is repeated when a pause interrupted what followed the last checkpoint.
   */
  readonly rewind?: "checkpoint" | "once";
  /** What it changes that stays so: the last one of each is carried out when a run is taken up again. */
  readonly lasting?: string;
  /** Longest wait of this step, in place of the engine's. */
  readonly timeoutSeconds?: number;
  /** In words, for a dry run: "move laser to 800 nm". */
  words(): string;
  /** What it resolves to is what the plan gets. */
  carryOut(session: Session): unknown;
  /** The same without a device: checks what can be checked, throws what would be refused. */
  rehearse?(rehearsal: Rehearsal): unknown;
}

/**
 * A generator of messages, plain TypeScript: plans are put together with `yield*`. It never waits for anything itself, only
 * the engine does; so whatever happens, the engine can end the waiting.
 */
export type Plan<Result = void> = Generator<Message, Result, unknown>;
