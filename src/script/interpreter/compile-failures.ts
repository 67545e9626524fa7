import { isCatchable } from "../errors/error-kind.ts";
import { ScriptError } from "../errors/script-error.ts";
import type * as tree from "../parser/syntax-tree.ts";
import { showValue } from "../values/show-value.ts";
import { HostObject, type HostType, type Value } from "../values/value.ts";
import { apply1, direct, stepping } from "./code.ts";
import type { Parts } from "./compiler-part.ts";
import { located } from "./located.ts";
import type { Code, Frame } from "./machine.ts";

/** A failure that was caught, kept for `throw;` in a slot that no script can name. */
const caughtType: HostType = { name: "caught failure" };

export function compileThrow({ value, caught, at }: tree.Throw, { owned }: Parts): Code {
  if (value === undefined && caught !== undefined) {
    return direct((frame) => {
      throw (frame.slots[caught.slot] as HostObject).target;
    });
  }
  return apply1(value === undefined ? direct(() => null) : owned(value), (frame, thrown) => {
    const text = showValue(thrown);
    throw new ScriptError("ErrorRuntime", text === "" ? "Runtime error" : `Runtime error: ${text}`, {
      thrown,
    }).locate(frame.unit.source, at);
  });
}

/** What `catch (e)` sees: what was thrown, or a map that tells what went wrong. */
function caughtValue(error: ScriptError): Value {
  if (error.thrown !== undefined) return error.thrown;
  const { position } = error;
  const map = new Map<string, Value>([
    ["error", error.kind],
    ["message", error.summary],
    ...Object.entries(error.details),
  ]);
  if (position !== undefined) map.set("line", position.line).set("position", position.column);
  if (error.sourceName !== undefined) map.set("source", error.sourceName);
  return map;
}

export function compileTry(node: tree.Try, { code }: Parts): Code {
  const body = code(node.body);
  const handler = code(node.handler);
  const { error: variable, caught, at } = node;
  const jumps = body.jumps || handler.jumps;
  const receive = (frame: Frame, thrown: unknown, depth: number): void => {
    const failure = located(thrown, frame.unit, at);
    if (!(failure instanceof ScriptError) || !isCatchable(failure.kind)) throw failure;
    frame.unit.execution.depth = depth;
    frame.slots[caught.slot] = new HostObject(caughtType, failure);
    if (variable !== undefined) frame.slots[variable.slot] = caughtValue(failure);
  };
  const { run } = body;
  const handle = handler.run;
  if (run !== undefined && handle !== undefined) {
    return direct(
      (frame) => {
        const { depth } = frame.unit.execution;
        try {
          return run(frame);
        } catch (error) {
          receive(frame, error, depth);
        }
        return handle(frame);
      },
      true,
      jumps,
    );
  }
  return stepping(
    function* (frame) {
      const { depth } = frame.unit.execution;
      try {
        return body.run !== undefined ? body.run(frame) : yield* body.steps(frame);
      } catch (error) {
        receive(frame, error, depth);
      }
      return handler.run !== undefined ? handler.run(frame) : yield* handler.steps(frame);
    },
    true,
    jumps,
  );
}
