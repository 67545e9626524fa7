import { ScriptError } from "../errors/script-error.ts";
import { Float } from "../values/float.ts";
import type { HostType, Value } from "../values/value.ts";

/** Of all pixels of one frame. */
export type FrameStatistics = {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly sum: number;
};

/** What a script sees of a frame: its pixels are in the file. */
export type Frame = {
  readonly width: number;
  readonly height: number;
  /** In the camera's stream, from 0. */
  readonly number: number;
  /** The pixels are whole numbers. */
  readonly counts: boolean;
  /** Absent when the script has no use for them. */
  readonly statistics: FrameStatistics | undefined;
};

function statistic(name: keyof FrameStatistics) {
  return {
    get: ({ statistics, counts }: Frame): Value => {
      if (statistics === undefined)
        throw new ScriptError(
          "ErrorRuntime",
          `Runtime error: nobody saw the pixels of this frame for its ${name}`,
        );
      const value = statistics[name];
      return counts && name !== "mean" ? value : new Float(value);
    },
  };
}

export const frameStatistics = ["min", "max", "mean", "sum"] as const;

export const frameType: HostType = {
  name: "Frame",
  properties: {
    width: { get: ({ width }: Frame) => width },
    height: { get: ({ height }: Frame) => height },
    number: { get: ({ number }: Frame) => number },
    ...Object.fromEntries(frameStatistics.map((name) => [name, statistic(name)])),
  },
  show: ({ width, height, number }: Frame) => `Frame ${number}: ${width}x${height}`,
};
