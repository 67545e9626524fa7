import type { Blob } from "./blob.ts";
import type { Character } from "./character.ts";
import type { Float } from "./float.ts";
import type { Integer } from "./integer.ts";
import type { Range, SteppedRange } from "./range.ts";
import type { Timestamp } from "./timestamp.ts";

/**
 * What a script can hold. Integers are bare numbers, because scripts count more than they measure; floats are boxed, so
 * that `1` and `1.0` stay different types. Arrays, maps and blobs are values in a script: who stores one copies it.
 */
export type Value =
  | null
  | boolean
  | Integer
  | string
  | Float
  | Character
  | Value[]
  | Map<string, Value>
  | Blob
  | Range
  | SteppedRange
  | Timestamp
  | FunctionPointer
  | HostObject;

/** A variable that closures hold too: all of them see one value. */
export class Shared {
  value: Value;

  constructor(value: Value) {
    this.value = value;
  }
}

/** The function behind a pointer, as the interpreter knows it. */
export interface Callable {
  readonly name: string;
  readonly parameterCount: number;
}

/** The name of a function, or a closure, with the arguments that were set for it beforehand. */
export class FunctionPointer {
  readonly name: string;
  readonly curried: readonly (Value | Shared)[];
  /** Closures only; a name is looked up when it is called. */
  readonly callable: Callable | undefined;
  /** The script in which the name or the closure means something. */
  readonly home: object;

  constructor(
    name: string,
    home: object,
    callable: Callable | undefined,
    curried: readonly (Value | Shared)[] = [],
  ) {
    this.name = name;
    this.home = home;
    this.callable = callable;
    this.curried = curried;
  }
}

/** A type of things that live outside of scripts: a camera, a frame. */
export interface HostType {
  /** What `type_of` says. */
  readonly name: string;
  /** `thing.name` reads one. Only what is here can be reached. */
  readonly properties?: Readonly<Record<string, HostProperty>>;
  /** What `print(thing)` shows; the name of the type otherwise. */
  show?(target: never): string;
}

export interface HostProperty {
  get?(target: never): Value;
  set?(target: never, value: Value): void;
}

/** A thing from outside that a script may hold, but not look into. Copies are the same thing. */
export class HostObject {
  readonly type: HostType;
  readonly target: unknown;

  constructor(type: HostType, target: unknown) {
    this.type = type;
    this.target = target;
  }
}
