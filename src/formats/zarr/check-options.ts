import { DaqError } from "../../model/errors.ts";
import { shownValue } from "./hierarchy/shown-value.ts";

/**
 * An object with nothing but these names: a misspelt option would be left out in silence. `what` begins the message.
 * Throws `DaqError("format")`.
 */
export function checkOptions(what: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new DaqError("format", `${what} was given ${shownValue(options)} as its options.`, {
      hint: `Give an object with ${names.join(", ")}.`,
    });
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new DaqError("format", `${what} has no option ${shownValue(unknown)}.`, {
      hint: `There are: ${names.join(", ")}.`,
    });
}

/** `expected`: what it should be, in words. Throws `DaqError("format")`. */
export function checkOption(what: string, name: string, value: unknown, isRight: boolean, expected: string) {
  if (isRight) return;
  throw new DaqError("format", `${what}: its ${name} is ${shownValue(value)}.`, {
    hint: `Give ${expected}.`,
  });
}
