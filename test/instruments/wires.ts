import type { TestContext } from "node:test";
import type { SettingValues } from "../../src/model/setting.ts";
import { PseudoTerminal } from "./pseudo-terminal.ts";
import { serveInstrument } from "./serve-instrument.ts";
import type { SimulatedInstrument } from "./simulated-instrument.ts";

export const wireNames = ["tcp", "serial"] as const;

export type Wired = {
  readonly settings: SettingValues;
  /** Nothing is there any more at the other end. */
  readonly takeAway: () => void;
  /** The same instrument at the same place again. */
  readonly bringBack: () => Promise<void>;
};

/** Puts an instrument at the end of a wire, for one test. */
export async function wired(
  context: TestContext,
  wire: (typeof wireNames)[number],
  instrument: SimulatedInstrument,
): Promise<Wired> {
  if (wire === "serial") {
    const port = new PseudoTerminal(instrument);
    context.after(() => port.remove());
    return {
      settings: { serial: port.path },
      takeAway: () => port.pull(),
      bringBack: async () => port.plugIn(),
    };
  }
  let served = await serveInstrument(instrument);
  const { port } = served;
  context.after(() => served.stop());
  return {
    settings: { tcp: `127.0.0.1:${port}` },
    takeAway: () => served.stop(),
    bringBack: async () => {
      served = await serveInstrument(instrument, port);
    },
  };
}
