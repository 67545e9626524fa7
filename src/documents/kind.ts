/** A place in a document and what is wrong there. */
export type Problem = { readonly path: string; readonly expected: string; readonly found: string };

export type Report = (problem: Problem) => void;

/**
 * What a field may hold. A kind is the one source of a field's TypeScript type (`TypeOf`), of its check, and of the words
 * that the documentation and the errors use for it.
 */
export type Kind<Type> = {
  /** "text", "integer", "list of text". */
  readonly words: string;
  check(value: unknown, path: string, report: Report): void;
  /** Carries the type only; never there at run time. */
  readonly example?: Type;
};

export type TypeOf<Of extends Kind<unknown>> = Of extends Kind<infer Type> ? Type : never;

/** A field's place: `data_keys.laser.units`, `ranges[3]`; names that are no plain words are quoted. */
export function fieldPath(parent: string, key: string): string {
  const part = /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
  return parent === "" ? part : `${parent}.${part}`;
}

const longestText = 60;

/** A value in the words of an error: short, and with its type where that is the point. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (typeof value === "string") {
    const text = JSON.stringify(value);
    return text.length > longestText ? `${text.slice(0, longestText)}… (text)` : `${text} (text)`;
  }
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "an object";
  return `${String(value)} (${typeof value})`;
}

function kind<Type>(words: string, holds: (value: unknown) => boolean): Kind<Type> {
  return {
    words,
    check(value, path, report) {
      if (!holds(value)) report({ path, expected: words, found: shown(value) });
    },
  };
}

export function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

export const text: Kind<string> = kind("text", (value) => typeof value === "string");
export const identifier: Kind<string> = kind(
  "text that is not empty",
  (value) => typeof value === "string" && value !== "",
);
export const boolean: Kind<boolean> = kind("true or false", (value) => typeof value === "boolean");
export const finiteNumber: Kind<number> = kind(
  "number",
  (value) => typeof value === "number" && Number.isFinite(value),
);
/** Whole numbers above 2^53 are `bigint`, so that no nanosecond is rounded. */
export const integer: Kind<number | bigint> = kind(
  "integer",
  (value) => typeof value === "bigint" || Number.isSafeInteger(value),
);
/** A whole number that a double always holds: a count, a sequence number, a precision. */
export const count: Kind<number> = kind("whole number", (value) => Number.isSafeInteger(value));
export const anything: Kind<unknown> = kind("any value", () => true);

/** Seconds since 1970 UTC, as the event model has them: a double, good to about 0.24 µs. */
export const seconds: Kind<number> = { ...finiteNumber, words: "number, s since 1970 UTC" };
export const nanoseconds: Kind<number | bigint> = { ...integer, words: "integer, ns since 1970 UTC" };

export function oneOf<const Choice extends string>(choices: readonly Choice[]): Kind<Choice> {
  const words = choices.map((choice) => `"${choice}"`).join(" or ");
  return kind(words, (value) => (choices as readonly unknown[]).includes(value));
}

export function matching(pattern: RegExp, words: string): Kind<string> {
  return kind(words, (value) => typeof value === "string" && pattern.test(value));
}

export function nullable<Type>(of: Kind<Type>): Kind<Type | null> {
  const words = `${of.words}, or null`;
  return {
    words,
    check(value, path, report) {
      if (value !== null) of.check(value, path, (problem) => report(problem));
    },
  };
}

export function eitherOf<First, Second>(first: Kind<First>, second: Kind<Second>): Kind<First | Second> {
  const words = `${first.words}, or ${second.words}`;
  const holds = (of: Kind<unknown>, value: unknown): boolean => {
    let good = true;
    of.check(value, "", () => {
      good = false;
    });
    return good;
  };
  return kind(words, (value) => holds(first, value) || holds(second, value));
}

export function listOf<Type>(of: Kind<Type>): Kind<readonly Type[]> {
  const words = `list of ${of.words}`;
  return {
    words,
    check(value, path, report) {
      if (!Array.isArray(value)) {
        report({ path, expected: words, found: shown(value) });
        return;
      }
      for (let index = 0; index < value.length; index++) of.check(value[index], `${path}[${index}]`, report);
    },
  };
}

/** An object whose keys are names that the writer chose. */
export function mapOf<Type>(of: Kind<Type>): Kind<{ readonly [name: string]: Type }> {
  const words = `object: ${of.words} by name`;
  return {
    words,
    check(value, path, report) {
      if (!isObject(value)) {
        report({ path, expected: words, found: shown(value) });
        return;
      }
      for (const key of Object.keys(value)) of.check(value[key], fieldPath(path, key), report);
    },
  };
}
