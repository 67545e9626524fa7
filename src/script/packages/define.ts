import type { Value } from "../values/value.ts";
import type { Native, NativeContext, ParameterType, Steps } from "./native.ts";

// Short ways to write one line of a package. The types of the parameters are checked before a function is called, which is
// what allows it to say what they are.

type Parameters = readonly ParameterType[];

export function plain<P extends readonly Value[]>(
  name: string,
  parameters: Parameters,
  run: (parameters: P, context: NativeContext) => Value,
): Native {
  return { name, parameters, body: { kind: "plain", run: run as never } };
}

export function changing<P extends readonly Value[]>(
  name: string,
  parameters: Parameters,
  run: (parameters: P, context: NativeContext) => Value,
): Native {
  return { name, parameters, body: { kind: "changing", run: run as never } };
}

export function replacing<P extends readonly Value[]>(
  name: string,
  parameters: Parameters,
  run: (parameters: P, context: NativeContext) => readonly [Value, Value],
): Native {
  return { name, parameters, body: { kind: "replacing", run: run as never } };
}

export function stepping<P extends readonly Value[]>(
  name: string,
  parameters: Parameters,
  run: (parameters: P, context: NativeContext) => Steps,
  changes = false,
): Native {
  return { name, parameters, body: { kind: "stepping", changes, run: run as never } };
}
