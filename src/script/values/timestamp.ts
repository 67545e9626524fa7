/** A moment of the monotonic clock, in milliseconds. */
export class Timestamp {
  readonly milliseconds: number;

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
  }
}
