import { DaqError } from "../../model/errors.ts";
import type { Clock } from "../contract.ts";
import { abortable } from "./abortable.ts";
import { NoAnswer } from "./answer.ts";
import type { Dialect } from "./description.ts";
import { Link } from "./link.ts";
import type { OpenTransport } from "./transport.ts";
import { Turns } from "./turns.ts";

export type SessionOptions = {
  readonly id: string;
  /** As a person knows it: "192.168.0.20:5025", "/dev/ttyUSB0". */
  readonly place: string;
  readonly open: OpenTransport;
  readonly dialect: Dialect;
  readonly clock: Clock;
};

export type Exchange = {
  readonly signal: AbortSignal;
  /** Goes before what waits for its turn. */
  readonly urgent?: boolean;
};

export type Orders = Exchange & {
  /** Sends the others also when one is refused, and then rejects. */
  readonly eachRegardless?: boolean;
};

export type Answered<Value> = { readonly value: Value; readonly timestampNs: bigint };

/** An attempt that may be made again, because nothing was changed by it. */
class FailedAttempt extends Error {}

/** How the entries of an error queue begin. */
const numbered = /^[+-]?\d/;

/** More entries than any error queue has. */
const mostErrors = 64;

/**
 * The dialogue with one instrument. One exchange at a time: a message, and its answer if it is a query. An answer is only
 * taken for that of the query before it when nothing else can be under way; after a query without an answer the line is
 * brought into step first, by a new connection or by asking for the identity until that is what comes. Connections that
 * broke are opened again by the next exchange. Queries are asked again; a command is sent once, whatever happens.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #turns = new Turns();
  #life: AbortController | undefined;
  #link: Link | undefined;
  #inStep = true;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Also for one that is connected. */
  async connect(signal: AbortSignal): Promise<void> {
    this.#life ??= new AbortController();
    const life = this.#life.signal;
    await abortable(signal, () =>
      this.#turns.take(false, async () => {
        await this.#linked(AbortSignal.any([signal, life]));
      }),
    );
  }

  /** Never rejects. */
  async disconnect(): Promise<void> {
    this.#life?.abort(this.#notConnected());
    this.#life = undefined;
    const link = this.#link;
    this.#link = undefined;
    await link?.close();
  }

  /** Asks, and reads the answer with `read`, which throws `NoAnswer` for a line that is none. */
  async query<Value>(
    text: string,
    read: (line: string) => Value,
    { signal, urgent = false }: Exchange,
  ): Promise<Answered<Value>> {
    return abortable(signal, async () => {
      for (let left = this.#options.dialect.queryRetries; ; left--)
        try {
          return await this.#turns.take(urgent, async () => {
            signal.throwIfAborted();
            return this.#ask(await this.#linked(), text, read);
          });
        } catch (error) {
          if (!(error instanceof FailedAttempt)) throw error;
          if (left > 0 && !signal.aborted) continue;
          const queued = await this.#turns.take(urgent, () => this.#errorsAfterFailure());
          throw this.#failure(error.message + queued, error.cause);
        }
    });
  }

  /** Sends messages that have no answer. Rejects when the instrument's error queue says that one was refused. */
  async command(texts: readonly string[], orders: Orders): Promise<void> {
    const { signal, urgent = false, eachRegardless = false } = orders;
    await abortable(signal, () =>
      this.#turns.take(urgent, async () => {
        signal.throwIfAborted();
        let failed: { readonly error: unknown } | undefined;
        for (const text of texts)
          try {
            await this.#deliver(await this.#connected(), text);
            // What makes things safe does not wait for what the instrument has to say about it.
            if (!eachRegardless) await this.#checkRefused(text);
          } catch (error) {
            if (!eachRegardless) throw error;
            failed ??= { error };
          }
        if (failed !== undefined) throw failed.error;
        if (eachRegardless) await this.#checkRefused(texts.join("; "));
      }),
    );
  }

  /** The connection, be it out of step: enough for what has no answer, such as a command that makes things safe. */
  async #connected(opening = this.#life?.signal): Promise<Link> {
    if (opening === undefined || this.#life === undefined) throw this.#notConnected();
    const link = this.#link;
    if (link !== undefined && !link.ended) return link;
    this.#link = undefined;
    await link?.close();
    return this.#opened(opening);
  }

  /** The connection, in step. */
  async #linked(opening = this.#life?.signal): Promise<Link> {
    const link = await this.#connected(opening);
    if (this.#inStep) return link;
    if (link.resynchroniseBy === "draining") return this.#drained(link);
    this.#link = undefined;
    await link.close();
    return this.#connected(opening);
  }

  async #opened(signal: AbortSignal): Promise<Link> {
    const { open, dialect } = this.#options;
    const link = new Link(dialect.readTerminator);
    link.opened(await open(link.events, signal));
    try {
      signal.throwIfAborted();
      this.#link = link;
      await this.#synchronise(link, dialect.quietMs);
      for (const text of dialect.initial) {
        await this.#deliver(link, text);
        await this.#checkRefused(text);
      }
      return link;
    } catch (error) {
      if (this.#link === link) this.#link = undefined;
      await link.close();
      throw error instanceof FailedAttempt ? this.#failure(error.message, error.cause) : error;
    }
  }

  async #drained(link: Link): Promise<Link> {
    try {
      await this.#synchronise(link, this.#options.dialect.timeoutMs);
      return link;
    } catch (error) {
      throw error instanceof FailedAttempt ? this.#failure(error.message, error.cause) : error;
    }
  }

  /**
   * Reads what is still under way until nothing can be. Instruments answer in order: behind the answer to an identity query
   * nothing older comes. Without one, `silenceMs` has to be enough.
   */
  async #synchronise(link: Link, silenceMs: number): Promise<void> {
    const { identity, quietMs, timeoutMs, echo } = this.#options.dialect;
    await this.#silence(link, identity === undefined ? silenceMs : quietMs);
    if (identity !== undefined) {
      link.identitiesOwed++;
      await this.#send(link, identity.query);
      let deadlineMs = performance.now() + timeoutMs;
      let other: string | undefined;
      let matched = false;
      while (link.identitiesOwed > 0) {
        const line = await link.line(deadlineMs - performance.now());
        if (line === undefined) break;
        if (identity.pattern.test(line)) {
          matched = true;
          link.identitiesOwed--;
          // Those that are still owed get as long again: what was asked earlier was answered late, too.
          deadlineMs = performance.now() + timeoutMs;
        } else if (!echo || line.trim() !== identity.query) other = line;
      }
      if (!matched) throw this.#notIdentified(link, identity, other);
      link.identitiesOwed = 0;
    }
    this.#inStep = true;
  }

  #notIdentified(
    link: Link,
    { query, pattern }: NonNullable<Dialect["identity"]>,
    line: string | undefined,
  ): Error {
    if (line === undefined) return this.#unanswered(link, query);
    return this.#failure(
      `answered ${query} with ${shown(line)}, which does not match /${pattern.source}/`,
      undefined,
      "Another instrument may be connected there; correct the address, or the description.",
    );
  }

  async #silence(link: Link, milliseconds: number): Promise<void> {
    const startMs = performance.now();
    const endMs = startMs + this.#options.dialect.timeoutMs + 10 * milliseconds;
    for (;;) {
      const nowMs = performance.now();
      const leftMs = Math.max(startMs, link.inbox.lastBytesMs) + milliseconds - nowMs;
      if (leftMs <= 0 || link.ended) break;
      if (nowMs > endMs)
        throw this.#failure(
          "sends without being asked, and does not stop",
          undefined,
          "Switch its continuous output off; the speed of the line may be wrong too.",
        );
      await link.pause(leftMs);
    }
    link.inbox.clear();
  }

  async #ask<Value>(link: Link, text: string, read: (line: string) => Value): Promise<Answered<Value>> {
    // What nobody asked for must not stand in front of the answer.
    if (link.inbox.holdsAnything) await this.#silence(link, this.#options.dialect.quietMs);
    await this.#send(link, text);
    this.#inStep = false;
    const deadlineMs = performance.now() + this.#options.dialect.timeoutMs;
    let refused: string | undefined;
    for (;;) {
      const line = await link.line(deadlineMs - performance.now());
      const timestampNs = this.#options.clock.nowNs();
      if (line === undefined) {
        if (refused === undefined) throw this.#unanswered(link, text);
        throw new FailedAttempt(`answered ${shown(text)} with ${refused}`);
      }
      try {
        const value = read(line);
        this.#inStep = true;
        return { value, timestampNs };
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        // It may be something that nobody asked for; the answer has the rest of the time.
        refused = `${shown(line)}, which ${error.message}`;
      }
    }
  }

  async #deliver(link: Link, text: string): Promise<void> {
    try {
      await this.#send(link, text);
    } catch (error) {
      if (!(error instanceof FailedAttempt)) throw error;
      throw this.#failure(
        `${error.message}; the command may have been carried out, and is not sent again`,
        error.cause,
      );
    }
  }

  async #checkRefused(text: string): Promise<void> {
    const { errors } = this.#options.dialect;
    if (errors?.when !== "after-commands") return;
    let found: readonly string[];
    try {
      found = await this.#errors(await this.#linked(), errors);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      throw this.#failure(`was sent ${shown(text)}; what came of it could not be asked: ${problem}`, error);
    }
    if (found.length > 0)
      throw this.#failure(
        `refused ${shown(text)}: ${found.join("; ")}`,
        undefined,
        "Its manual explains the errors of its queue.",
      );
  }

  async #send(link: Link, text: string): Promise<void> {
    const { writeTerminator, pacingMs, echo, timeoutMs } = this.#options.dialect;
    const restMs = link.lastUsedMs + pacingMs - performance.now();
    if (restMs > 0) await link.pause(restMs);
    if (link.ended) throw this.#broken(link, text);
    try {
      await link.write(text + writeTerminator);
    } catch (cause) {
      await link.close();
      throw new FailedAttempt(`lost its connection while it was sent ${shown(text)}`, { cause });
    }
    if (!echo) return;
    const wasInStep = this.#inStep;
    this.#inStep = false;
    const deadlineMs = performance.now() + timeoutMs;
    for (;;) {
      const line = await link.line(deadlineMs - performance.now());
      if (line === undefined)
        throw new FailedAttempt(`did not repeat ${shown(text)}, as it should (echo = true)`);
      if (line.trim() === text.trim()) break;
    }
    this.#inStep = wasInStep;
  }

  /** Empties the queue. Taking an error out of it is done once: what was taken is not there a second time. */
  async #errors(link: Link, { query, none }: NonNullable<Dialect["errors"]>): Promise<readonly string[]> {
    const found: string[] = [];
    while (found.length < mostErrors) {
      const { value } = await this.#ask(link, query, (line) => line.trim());
      if (none.test(value)) break;
      found.push(value);
    }
    // Any line is an answer here. One that does not look like an error may have come unasked, and an answer is still under way.
    if (!found.every((entry) => numbered.test(entry))) this.#inStep = false;
    return found;
  }

  async #errorsAfterFailure(): Promise<string> {
    const { errors } = this.#options.dialect;
    if (errors === undefined) return "";
    try {
      const found = await this.#errors(await this.#linked(), errors);
      return found.length === 0 ? "" : `; its error queue says: ${found.join("; ")}`;
    } catch {
      // The failure that led here says more.
      return "";
    }
  }

  #unanswered(link: Link, text: string): FailedAttempt {
    if (link.ended) return this.#broken(link, text);
    return new FailedAttempt(`did not answer ${shown(text)} within ${this.#options.dialect.timeoutMs} ms`);
  }

  #broken({ cause }: Link, text: string): FailedAttempt {
    return new FailedAttempt(`lost its connection while it was sent ${shown(text)}`, { cause });
  }

  #notConnected(): DaqError {
    return this.#failure("is not connected", undefined, "Connect it before it is used.");
  }

  #failure(
    problem: string,
    cause?: unknown,
    hint = "Check that it is on, its cable, and that the description fits it.",
  ): DaqError {
    const { id, place } = this.#options;
    return new DaqError("device", `${id} (${place}) ${problem}.`, {
      hint,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

const longestShown = 80;

/** A message in quotation marks, with what cannot be printed escaped. */
function shown(text: string): string {
  const short = text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
  return JSON.stringify(short);
}
