import type { Readable } from "../../devices/capabilities.ts";
import { checkCount } from "../check-count.ts";
import { checkpoint } from "../messages/checkpoint.ts";
import { sleep } from "../messages/sleep.ts";
import type { Plan } from "../plan.ts";
import { inRun } from "./in-run.ts";
import { triggerAndRead } from "./point.ts";

/** Reads detectors `num` times, `delaySeconds` after one another. */
export function* count(
  detectors: readonly Readable[],
  { num = 1, delaySeconds = 0 }: { readonly num?: number; readonly delaySeconds?: number } = {},
): Plan<string> {
  checkCount("count", num);
  const ids = detectors.map(({ id }) => id);
  const plan = {
    plan_name: "count",
    plan_args: { detectors: ids, num, delay_seconds: delaySeconds },
    num_points: num,
    detectors: ids,
    hints: { dimensions: [[["time"], "primary"]] },
  };
  return yield* inRun(
    plan,
    detectors,
    (function* (): Plan {
      for (let index = 0; index < num; index++) {
        yield* checkpoint();
        if (index > 0 && delaySeconds > 0) yield* sleep(delaySeconds);
        yield* triggerAndRead(detectors);
      }
    })(),
    detectors,
  );
}
