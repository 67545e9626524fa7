/** One exchange with an instrument at a time, in the order in which they were asked for; urgent ones go first. */
export class Turns {
  #busy = false;
  #urgent: (() => void)[] = [];
  #waiting: (() => void)[] = [];

  async take<Result>(urgent: boolean, work: () => Promise<Result>): Promise<Result> {
    if (this.#busy) {
      const queue = urgent ? this.#urgent : this.#waiting;
      await new Promise<void>((resolve) => {
        queue.push(resolve);
      });
    }
    this.#busy = true;
    try {
      return await work();
    } finally {
      const next = this.#urgent.shift() ?? this.#waiting.shift();
      // The turn is passed on without a gap in which somebody else could take it.
      if (next === undefined) this.#busy = false;
      else next();
    }
  }
}
