import { aroundCalls } from "./around-calls.ts";
import type { CloudStore } from "./cloud-store.ts";

/** The same store with at most `callsAtOnce` calls under way; others wait, in the order in which they came. */
export function withLimit(store: CloudStore, callsAtOnce: number): CloudStore {
  let free = callsAtOnce;
  const waiting: (() => void)[] = [];
  return aroundCalls(store, async (call) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await call();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  });
}
