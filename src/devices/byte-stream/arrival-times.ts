import { fillSampleTimes, sampleOffsetNs } from "../sample-times.ts";

/** Timestamps of records that arrived together, by this machine's clock. */
export class ArrivalTimes {
  #rateHz: number | undefined;
  #previousNs: bigint | undefined;

  constructor(rateHz: number | undefined) {
    this.#rateHz = rateHz;
  }

  /**
   * The last of `count` records arrived at `nowNs`. With a rate the others lie before it, evenly spaced, though none
   * before the last record of the batch before: a batch that came early does not turn time around.
   */
  fill(target: BigInt64Array, count: number, nowNs: bigint): void {
    if (this.#rateHz === undefined) {
      target.fill(nowNs, 0, count);
      return;
    }
    fillSampleTimes(target, nowNs - sampleOffsetNs(count - 1, this.#rateHz), 0, count, this.#rateHz);
    const previousNs = this.#previousNs;
    this.#previousNs = nowNs;
    // A system clock that was set back is the exception: holding on to the old time would freeze the timestamps.
    if (previousNs === undefined || previousNs > nowNs) return;
    for (let index = 0; index < count && target[index]! < previousNs; index++) target[index] = previousNs;
  }
}
