import { checkPatience } from "./check-patience.ts";
import type { Message, Plan } from "./plan.ts";

/** Carries out a plan so that no step of it waits longer than this, unless the step itself says how long. */
export function* withTimeout<Result>(timeoutSeconds: number, plan: Plan<Result>): Plan<Result> {
  checkPatience("timeoutSeconds", timeoutSeconds);
  try {
    return yield* limited(plan, timeoutSeconds, () => plan.next());
  } finally {
    // Nothing for a plan that is over; one that is left in the middle cleans up.
    yield* limited(plan, timeoutSeconds, () => plan.return(undefined as never));
  }
}

function* limited<Result>(
  plan: Plan<Result>,
  timeoutSeconds: number,
  begin: () => IteratorResult<Message, Result>,
): Plan<Result> {
  let step = begin();
  while (!step.done) {
    let answer: unknown;
    try {
      answer = yield { timeoutSeconds, ...step.value };
    } catch (error) {
      step = plan.throw(error);
      continue;
    }
    step = plan.next(answer);
  }
  return step.value;
}
