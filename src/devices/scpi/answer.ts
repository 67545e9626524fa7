import type { Answer } from "./description.ts";

export type AnswerValue = number | string | boolean | null;

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const states: ReadonlyMap<string, boolean> = new Map([
  ["1", true],
  ["ON", true],
  ["TRUE", true],
  ["0", false],
  ["OFF", false],
  ["FALSE", false],
]);

/** An answer that is not one to the question. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

/** Reads a line as the answer that is expected, `null` where the instrument says that it has no value. Throws `NoAnswer`. */
export function readAnswer(
  line: string,
  { type, pattern, missing, choices, bit }: Omit<Answer, "query">,
): AnswerValue {
  const text = line.trim();
  if (missing?.test(text) === true) return null;
  const match = pattern?.exec(text);
  if (match === null) throw new NoAnswer(`does not match /${pattern!.source}/`);
  const found = (match?.[1] ?? match?.[0] ?? text).trim();
  switch (type) {
    case "text":
      return found;
    case "choice": {
      if (choices !== undefined && Object.hasOwn(choices, found)) return choices[found]!;
      throw new NoAnswer(`is none of ${Object.keys(choices ?? {}).join(", ")}`);
    }
    case "number":
      return numberOf(found);
    case "boolean":
      return bit === undefined ? stateOf(found) : isBitSet(found, bit);
  }
}

function numberOf(text: string): number | null {
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw new NoAnswer("is not a number");
  // SCPI-1999, volume 1, 7.2.1.4 and 7.2.1.5: its not-a-number and its infinities.
  return value === 9.91e37 || Math.abs(value) === 9.9e37 ? null : value;
}

function stateOf(text: string): boolean {
  const state = states.get(text.toUpperCase());
  if (state === undefined) throw new NoAnswer("is not a state such as 0 or ON");
  return state;
}

/** The status registers of instruments are whole numbers in decimal. */
export function isBitSet(text: string, bit: number): boolean {
  if (!/^\+?\d{1,10}$/.test(text.trim())) throw new NoAnswer("is not the whole number of a status register");
  return (BigInt(text.trim().replace("+", "")) >> BigInt(bit)) % 2n === 1n;
}
