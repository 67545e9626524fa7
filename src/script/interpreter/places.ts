import { ScriptError } from "../errors/script-error.ts";
import type { Place } from "../packages/native.ts";
import { Shared, type Value } from "../values/value.ts";
import { getIndex, setIndex } from "./index-access.ts";
import type { Frame } from "./machine.ts";
import { getProperty, setProperty } from "./property-access.ts";

export class VariablePlace implements Place {
  readonly #frame: Frame;
  readonly #slot: number;
  readonly constant: string | undefined;

  constructor(frame: Frame, slot: number, constant: string | undefined) {
    this.#frame = frame;
    this.#slot = slot;
    this.constant = constant;
  }

  get(): Value {
    const value = this.#frame.slots[this.#slot]!;
    return value instanceof Shared ? value.value : value;
  }

  set(value: Value): void {
    checkNotConstant(this);
    const held = this.#frame.slots[this.#slot];
    if (held instanceof Shared) held.value = value;
    else this.#frame.slots[this.#slot] = value;
  }
}

/** A value that stands nowhere: what is done to it is gone afterwards. */
export class TemporaryPlace implements Place {
  #value: Value;
  readonly constant = undefined;

  constructor(value: Value) {
    this.#value = value;
  }

  get(): Value {
    return this.#value;
  }

  set(value: Value): void {
    this.#value = value;
  }
}

export class ItemPlace implements Place {
  readonly #container: Place;
  readonly #index: Value;

  constructor(container: Place, index: Value) {
    this.#container = container;
    this.#index = index;
  }

  get constant(): string | undefined {
    return this.#container.constant;
  }

  get(): Value {
    return getIndex(this.#container.get(), this.#index);
  }

  set(value: Value): void {
    checkNotConstant(this);
    const container = this.#container.get();
    const changed = setIndex(container, this.#index, value);
    // Strings and integers cannot be changed where they stand.
    if (changed !== container) this.#container.set(changed);
  }
}

export class PropertyPlace implements Place {
  readonly #container: Place;
  readonly #name: string;
  readonly #frame: Frame;

  constructor(container: Place, name: string, frame: Frame) {
    this.#container = container;
    this.#name = name;
    this.#frame = frame;
  }

  get constant(): string | undefined {
    return this.#container.constant;
  }

  get(): Value {
    return getProperty(this.#container.get(), this.#name, this.#frame.unit);
  }

  set(value: Value): void {
    checkNotConstant(this);
    setProperty(this.#container.get(), this.#name, value);
  }
}

function checkNotConstant({ constant }: Place): void {
  if (constant === undefined) return;
  throw new ScriptError("ErrorAssignmentToConstant", `Cannot modify constant ${constant}`, {
    details: { variable: constant },
  });
}
