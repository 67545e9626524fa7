import type { Movable } from "../devices/capabilities.ts";
import { DaqError } from "../model/errors.ts";
import type { Plan } from "./plan.ts";
import { DryRehearsal } from "./rehearsal.ts";

export type DryRunOptions = {
  /** Where axes would start; needed by plans that ask, such as a relative scan. */
  readonly positions?: ReadonlyMap<Movable, number>;
  /** Each step in words, as it comes. */
  readonly onStep?: (words: string) => void;
};

export type DryRunResult = { readonly steps: number; readonly points: number };

/** Goes through a plan without touching a device. Throws what the plan would be refused for, with the point. */
export function dryRun(
  plan: Plan<unknown>,
  { positions = new Map(), onStep }: DryRunOptions = {},
): DryRunResult {
  const rehearsal = new DryRehearsal(positions);
  let steps = 0;
  let step = plan.next();
  while (!step.done) {
    const message = step.value;
    steps++;
    onStep?.(message.words());
    let answer: unknown;
    try {
      answer = message.rehearse?.(rehearsal);
    } catch (error) {
      if (!(error instanceof DaqError)) throw error;
      const place = `step ${steps}, at point ${rehearsal.points + 1}`;
      throw new DaqError(error.code, `${error.message} That is ${place} of the plan.`, {
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        cause: error,
      });
    }
    step = plan.next(answer);
  }
  return { steps, points: rehearsal.points };
}
