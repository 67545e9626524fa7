import type { Value } from "../values/value.ts";
import { matchesType } from "./matches-type.ts";
import { type Native, suspends } from "./native.ts";

/** The functions that do not come from a script, by name and number of parameters. */
export class Registry {
  readonly #functions = new Map<string, Native[]>();
  readonly #names = new Map<string, { suspends: boolean; counts: number[] }>();
  /** Names of functions with one parameter that can also be read like a property. */
  readonly #properties = new Set<string>();
  readonly constants = new Map<string, Value>();

  /** What is registered later is asked first. */
  add(natives: readonly Native[]): void {
    for (const native of natives) {
      const key = `${native.name}/${native.parameters.length}`;
      this.#functions.set(key, [native, ...(this.#functions.get(key) ?? [])]);
      const before = this.#names.get(native.name) ?? { suspends: false, counts: [] };
      this.#names.set(native.name, {
        suspends: before.suspends || suspends(native),
        counts: [...before.counts, native.parameters.length],
      });
    }
  }

  addProperties(names: readonly string[]): void {
    for (const name of names) this.#properties.add(name);
  }

  find(name: string, parameterCount: number): readonly Native[] {
    return this.#functions.get(`${name}/${parameterCount}`) ?? [];
  }

  /** How many parameters the functions of this name take. */
  parameterCounts(name: string): number[] {
    return this.#names.get(name)?.counts ?? [];
  }

  isProperty(name: string): boolean {
    return this.#properties.has(name);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Can a call of a native function by this name suspend the script? */
  suspends(name: string): boolean {
    return this.#names.get(name)?.suspends ?? false;
  }

  names(): string[] {
    return [...this.#names.keys()];
  }
}

/** The first that takes these parameters. */
export function select(natives: readonly Native[], parameters: readonly Value[]): Native | undefined {
  for (const native of natives) {
    let fits = true;
    for (let index = 0; index < parameters.length && fits; index++) {
      fits = matchesType(native.parameters[index]!, parameters[index]!);
    }
    if (fits) return native;
  }
  return undefined;
}
