/** What an instrument does with a line that it got: an answer, or nothing. */
export type Instrument = (line: string) => string | undefined;

/** A way from the instrument back to who asks. */
export type Wire = {
  /** Sends text as it is, without an end of line. */
  readonly send: (text: string) => void;
  /** Breaks the connection. */
  readonly hangUp: () => void;
};

/**
 * What happens instead of the answer; undefined: it is sent as it should be. Lines that come meanwhile wait for a promise, as
 * they do in an instrument, which does one thing after the other.
 */
export type Misbehaviour = (
  line: string,
  answer: string | undefined,
  wire: Wire,
) => "handled" | undefined | Promise<"handled" | undefined>;

/** An instrument on a wire, with what it was told and what it does wrong. Keeps no state between two connections. */
export class SimulatedInstrument {
  readonly #instrument: Instrument;
  readonly #terminator: string;
  /** Every line that arrived, in order. */
  readonly told: string[] = [];
  connections = 0;
  misbehaviour: Misbehaviour = () => undefined;
  /** Who is connected now. */
  wire: Wire | undefined;

  constructor(instrument: Instrument, terminator = "\n") {
    this.#instrument = instrument;
    this.#terminator = terminator;
  }

  /** For each new connection; returns what takes the bytes that come from it. */
  connect(wire: Wire): (text: string) => void {
    this.connections++;
    this.wire = wire;
    let rest = "";
    let before: Promise<void> = Promise.resolve();
    return (text) => {
      const lines = (rest + text).split(/\r?\n|\r/);
      rest = lines.pop()!;
      for (const line of lines) before = before.then(() => this.#take(line, wire));
    };
  }

  async #take(line: string, wire: Wire): Promise<void> {
    this.told.push(line);
    const answer = this.#instrument(line);
    if ((await this.misbehaviour(line, answer, wire)) === "handled") return;
    if (answer !== undefined) wire.send(answer + this.#terminator);
  }
}
