import { ScriptError } from "../errors/script-error.ts";
import { Blob } from "../values/blob.ts";
import type { Value } from "../values/value.ts";
import type { Meter } from "./meter.ts";
import { checkArrayLength } from "./sizes.ts";

/** Arrays in arrays deeper than this are refused: copying, showing and comparing them walks down. */
const deepest = 256;

/** A copy that shares nothing that can be changed. Each item counts as an operation, so that copying is not free. */
export function copyValue(value: Value, meter: Meter): Value {
  if (typeof value !== "object" || value === null) return value;
  if (!Array.isArray(value) && !(value instanceof Map) && !(value instanceof Blob)) return value;
  return new Copier(meter).copy(value, 0);
}

class Copier {
  readonly #meter: Meter;
  #items = 0;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  #count(items: number, depth: number): void {
    this.#items += items;
    checkArrayLength(this.#items, this.#meter.limits);
    if (depth > deepest) {
      throw new ScriptError("ErrorDataTooLarge", `Nesting too large: the limit is ${deepest}`);
    }
    this.#meter.count(items);
  }

  copy(value: Value, depth: number): Value {
    if (typeof value !== "object") return value;
    if (Array.isArray(value)) {
      this.#count(value.length, depth);
      return value.map((item) => this.copy(item, depth + 1));
    }
    if (value instanceof Map) {
      this.#count(value.size, depth);
      const copy = new Map<string, Value>();
      for (const [name, item] of value) copy.set(name, this.copy(item, depth + 1));
      return copy;
    }
    if (value instanceof Blob) {
      this.#count(value.bytes.length, depth);
      return new Blob(value.bytes.slice());
    }
    return value;
  }
}
