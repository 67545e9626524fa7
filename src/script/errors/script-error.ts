import { DaqError } from "../../model/errors.ts";
import type { Value } from "../values/value.ts";
import type { ErrorKind } from "./error-kind.ts";
import type { SourcePosition, SourceText } from "./source-text.ts";

type Place = { readonly source: SourceText; readonly offset: number };

/**
 * A script failed. `summary` is Rhai's sentence for it; `message` adds where, the line of source with a caret, and the
 * calls that led there.
 */
export class ScriptError extends DaqError {
  readonly kind: ErrorKind;
  readonly summary: string;
  /** What was thrown (`throw value`); a summary in words for what the interpreter found itself. */
  readonly thrown: Value | undefined;
  readonly details: Readonly<Record<string, Value>>;
  readonly #calls: string[] = [];
  #place: Place | undefined;

  constructor(
    kind: ErrorKind,
    summary: string,
    options: {
      thrown?: Value;
      details?: Readonly<Record<string, Value>>;
      hint?: string;
      cause?: unknown;
    } = {},
  ) {
    super("script", summary, options);
    this.kind = kind;
    this.summary = summary;
    this.thrown = options.thrown;
    this.details = options.details ?? {};
  }

  /** Undefined for what has no place in a script, such as a stop from outside before the first statement. */
  get position(): SourcePosition | undefined {
    return this.#place?.source.position(this.#place.offset);
  }

  get sourceName(): string | undefined {
    return this.#place?.source.name;
  }

  /** The functions that were being called, innermost first. */
  get calls(): readonly string[] {
    return this.#calls;
  }

  /** Says where it happened, unless that is known already. */
  locate(source: SourceText, offset: number): this {
    if (this.#place === undefined && offset >= 0) {
      this.#place = { source, offset };
      this.#describe();
    }
    return this;
  }

  /** Keeps the innermost calls: a recursion without end is not worth a thousand lines. */
  inCall(name: string): this {
    if (this.#calls.length < 8) {
      this.#calls.push(name);
      this.#describe();
    }
    return this;
  }

  #describe(): void {
    const place = this.#place;
    let text = this.summary;
    if (place !== undefined) {
      const position = place.source.position(place.offset);
      text += ` (${place.source.name}, line ${position.line}, column ${position.column})`;
      text += `\n${place.source.excerpt(position)}`;
    }
    for (const name of this.#calls) text += `\nin call to ${name}`;
    this.message = text;
  }
}
