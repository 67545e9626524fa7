import type { Value } from "../values/value.ts";

/** `exit(value)`: not a failure, and nothing that a script can catch. */
export class ScriptExit {
  readonly value: Value;

  constructor(value: Value) {
    this.value = value;
  }
}
