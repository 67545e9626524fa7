import type { Float } from "./float.ts";
import type { Integer } from "./integer.ts";

/** `from..to` and `from..=to`: two types. */
export class Range {
  readonly from: Integer;
  readonly to: Integer;
  readonly inclusive: boolean;

  constructor(from: Integer, to: Integer, inclusive: boolean) {
    this.from = from;
    this.to = to;
    this.inclusive = inclusive;
  }

  contains(value: Integer): boolean {
    return value >= this.from && (this.inclusive ? value <= this.to : value < this.to);
  }
}

/** What `range(from, to, step)` makes: something to loop over, and nothing else. */
export class SteppedRange {
  readonly from: Integer | Float;
  readonly to: Integer | Float;
  readonly step: Integer | Float;

  constructor(from: Integer | Float, to: Integer | Float, step: Integer | Float) {
    this.from = from;
    this.to = to;
    this.step = step;
  }
}
