import { Float } from "../values/float.ts";
import type { Integer } from "../values/integer.ts";
import { Timestamp } from "../values/timestamp.ts";
import { plain } from "./define.ts";
import type { Native } from "./native.ts";

/** Resolves after a time, or rejects at once when `signal` says so; a timer that waits on holds the process. */
function pause(seconds: number, signal: AbortSignal): Promise<null> {
  const { promise, resolve, reject } = Promise.withResolvers<null>();
  const endsAt = performance.now() + seconds * 1000;
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearTimeout(timer);
    reject(signal.reason);
  };
  // A timer takes at most 2^31 ms, so a long pause is made of several.
  const wait = (): void => {
    const left = endsAt - performance.now();
    if (left > 0) {
      timer = setTimeout(wait, Math.min(left, 2_000_000_000));
      return;
    }
    signal.removeEventListener("abort", stop);
    resolve(null);
  };
  if (signal.aborted) stop();
  else {
    signal.addEventListener("abort", stop, { once: true });
    wait();
  }
  return promise;
}

export const timePackage: readonly Native[] = [
  plain("timestamp", [], () => new Timestamp(performance.now())),
  plain<[Timestamp]>("elapsed", ["timestamp"], ([{ milliseconds }]) => {
    return new Float((performance.now() - milliseconds) / 1000);
  }),
  {
    name: "sleep",
    parameters: ["number"],
    body: {
      kind: "waiting",
      run: ([seconds], { signal }) => {
        const value = seconds instanceof Float ? seconds.value : Number(seconds as Integer);
        return value > 0 ? pause(value, signal) : null;
      },
    },
  },
];

export const timeProperties: readonly string[] = ["elapsed"];
