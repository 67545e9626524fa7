import type { Device, Readable } from "../../devices/capabilities.ts";
import type { RunStart } from "../../documents/run-start.ts";
import { closeRun } from "../messages/close-run.ts";
import { declareStream } from "../messages/declare-stream.ts";
import { openRun } from "../messages/open-run.ts";
import { stage } from "../messages/stage.ts";
import { unstage } from "../messages/unstage.ts";
import type { Plan } from "../plan.ts";

/**
 * Opens a run round `steps`, makes devices ready, closes the run, and puts the devices away, whatever happened. Gives the
 * uid. The run is opened first: a run that is refused touches no device, and a device that does not get ready is in its stop
 * document. `read`: what each event of the stream `primary` will be of; without it the first event says that.
 */
export function* inRun(
  plan: Partial<RunStart>,
  devices: readonly Device[],
  steps: Plan<unknown>,
  read?: readonly Readable[],
): Plan<string> {
  try {
    const uid = yield* openRun(plan);
    yield* stage(...devices);
    if (read !== undefined) yield* declareStream("primary", read);
    yield* steps;
    yield* closeRun();
    return uid;
  } finally {
    yield* unstage(...devices);
  }
}
