import type { Readable } from "../../devices/capabilities.ts";
import { checkCount } from "../check-count.ts";
import { checkpoint } from "../messages/checkpoint.ts";
import { sleepUntil } from "../messages/sleep-until.ts";
import type { Plan } from "../plan.ts";
import { inRun } from "./in-run.ts";
import { triggerAndRead } from "./point.ts";

/** Reads detectors `num` times, one period apart by the clock: a slow reading does not shift those after it. */
export function* timeSeries(
  detectors: readonly Readable[],
  { num, periodSeconds }: { readonly num: number; readonly periodSeconds: number },
): Plan<string> {
  checkCount("timeSeries", num);
  const ids = detectors.map(({ id }) => id);
  const plan = {
    plan_name: "time_series",
    plan_args: { detectors: ids, num, period_seconds: periodSeconds },
    num_points: num,
    detectors: ids,
    hints: { dimensions: [[["time"], "primary"]] },
  };
  return yield* inRun(
    plan,
    detectors,
    (function* (): Plan {
      let startedNs: bigint | undefined;
      for (let index = 0; index < num; index++) {
        yield* checkpoint();
        startedNs = yield* sleepUntil(startedNs, index * periodSeconds);
        yield* triggerAndRead(detectors);
      }
    })(),
    detectors,
  );
}
