import { Interruption } from "./interruption.ts";
import type { Message, Plan } from "./plan.ts";
import type { Session } from "./session.ts";
import { wordsOf } from "./words-of.ts";

/**
 * The plan's own `finally`, step by step. The plan returns rather than catches: one that mends every error would go on
 * measuring. A step that fails ends its `finally`, and those further out are still carried out.
 */
export async function cleanUp<Result>(plan: Plan<Result>, session: Session): Promise<void> {
  const leave = () => plan.return(undefined as never);
  let go = leave;
  for (;;) {
    let step: IteratorResult<Message, Result>;
    try {
      step = go();
    } catch (error) {
      session.warn(wordsOf(error));
      return;
    }
    if (step.done || session.signal.aborted) return;
    const message = step.value;
    try {
      // The run is closed by now, and no other is opened.
      const answer = message.command.endsWith("Run") ? undefined : await session.carryOut(message);
      go = () => plan.next(answer);
    } catch (error) {
      if (error instanceof Interruption) return;
      session.warn(wordsOf(error));
      go = leave;
    }
  }
}
