import type { Device } from "../devices/capabilities.ts";
import { answerOf } from "../devices/status.ts";

/** Time that devices have to obey; more is not waited for. */
export const obeySeconds = 0.1;

export type Order = readonly [device: Device, action: string, call: (signal: AbortSignal) => Promise<void>];

/** Gives devices orders that nothing interrupts, all at once. Returns what did not obey. */
export async function tellDevices(orders: readonly Order[]): Promise<string[]> {
  const { signal } = new AbortController();
  const answers = orders.map(([device, action, call]) =>
    answerOf(device.id, action, call, { timeoutMs: obeySeconds * 1000, signal }),
  );
  const outcomes = await Promise.allSettled(answers);
  return outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [(outcome.reason as Error).message] : [],
  );
}
