import type { Device } from "../../devices/capabilities.ts";
import type { RunEngine } from "../../engine/run-engine.ts";

/** What a script works with. */
export interface Laboratory {
  /** By id, connected. */
  readonly devices: ReadonlyMap<string, Device>;
  /** Whoever keeps what is measured has subscribed to it. */
  readonly engine: RunEngine;
  /**
   * Shows each frame, complete, before it goes to its stream; its bytes are borrowed for the call. Without it frames have no
   * statistics.
   */
  watchFrames?(see: (id: string, frame: Uint8Array) => void): void;
}
