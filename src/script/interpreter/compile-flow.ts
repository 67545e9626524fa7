import { mismatch } from "../errors/failures.ts";
import type * as tree from "../parser/syntax-tree.ts";
import { sameValue } from "../values/equal-values.ts";
import { Float } from "../values/float.ts";
import { isInteger } from "../values/integer.ts";
import { Range } from "../values/range.ts";
import { typeName } from "../values/type-name.ts";
import type { Value } from "../values/value.ts";
import { direct, stepping } from "./code.ts";
import type { Parts } from "./compiler-part.ts";
import { type Code, type Frame, signals } from "./machine.ts";

export function compileBlock({ statements }: tree.Block, { code, owned }: Parts): Code {
  // What a block gives may be a variable of its own, which its next turn changes.
  const parts = statements.map((node, index) => (index === statements.length - 1 ? owned(node) : code(node)));
  const jumps = parts.some((part) => part.jumps);
  const last = parts.length - 1;
  if (parts.every((part) => part.run !== undefined)) {
    const runs = parts.map((part) => part.run!);
    const [only] = runs;
    if (runs.length === 1 && only !== undefined) {
      return direct(
        (frame) => {
          const { meter } = frame.unit.execution;
          if (++meter.operations >= meter.checkAt) meter.check();
          const value = only(frame);
          return jumps && frame.signal !== 0 ? null : value;
        },
        true,
        jumps,
      );
    }
    return direct(
      (frame) => {
        const { meter } = frame.unit.execution;
        let value: Value = null;
        for (let index = 0; index <= last; index++) {
          if (++meter.operations >= meter.checkAt) meter.check();
          value = runs[index]!(frame);
          if (jumps && frame.signal !== 0) return null;
        }
        return value;
      },
      true,
      jumps,
    );
  }
  return stepping(
    function* (frame) {
      const { meter } = frame.unit.execution;
      let value: Value = null;
      for (const part of parts) {
        if (++meter.operations >= meter.checkAt && meter.check()) yield undefined;
        value = part.run !== undefined ? part.run(frame) : yield* part.steps(frame);
        if (jumps && frame.signal !== 0) return null;
      }
      return value;
    },
    true,
    jumps,
  );
}

function isTrue(value: Value, frame: Frame, at: number): boolean {
  if (value === true) return true;
  if (value === false || frame.signal !== 0) return false;
  throw mismatch("bool", typeName(value)).locate(frame.unit.source, at);
}

export { isTrue };

export function compileIf({ arms, otherwise }: tree.If, { code }: Parts): Code {
  const parts = arms.map(({ condition, body }) => ({
    condition: code(condition),
    at: condition.at,
    body: code(body),
  }));
  const rest = otherwise === undefined ? direct(() => null) : code(otherwise);
  const all = [...parts.flatMap(({ condition, body }) => [condition, body]), rest];
  const jumps = all.some((part) => part.jumps);
  if (all.every((part) => part.run !== undefined)) {
    const [first] = parts;
    const test = first!.condition.run!;
    const then = first!.body.run!;
    const { at } = first!;
    const others = parts.slice(1).map(({ condition, body, ...place }) => ({
      test: condition.run!,
      turn: body.run!,
      ...place,
    }));
    const last = rest.run!;
    return direct(
      (frame) => {
        if (isTrue(test(frame), frame, at)) return then(frame);
        if (jumps && frame.signal !== 0) return null;
        for (const other of others) {
          if (isTrue(other.test(frame), frame, other.at)) return other.turn(frame);
          if (jumps && frame.signal !== 0) return null;
        }
        return last(frame);
      },
      true,
      jumps,
    );
  }
  return stepping(
    function* (frame) {
      for (const { condition, body, at } of parts) {
        const value = condition.run !== undefined ? condition.run(frame) : yield* condition.steps(frame);
        const holds = isTrue(value, frame, at);
        if (frame.signal !== 0) return null;
        if (holds) return body.run !== undefined ? body.run(frame) : yield* body.steps(frame);
      }
      return rest.run !== undefined ? rest.run(frame) : yield* rest.steps(frame);
    },
    true,
    jumps,
  );
}

function matches(value: Value, candidates: readonly Value[]): boolean {
  return candidates.some((candidate) => {
    if (!(candidate instanceof Range) || value instanceof Range) return sameValue(value, candidate);
    if (value instanceof Float) {
      const { from, to, inclusive } = candidate;
      return value.value >= from && (inclusive ? value.value <= to : value.value < to);
    }
    return isInteger(value) && candidate.contains(value);
  });
}

export function compileSwitch({ subject, arms, otherwise }: tree.Switch, { code, owned }: Parts): Code {
  const value = code(subject);
  const parts = arms.map(({ values, condition, body }) => ({
    values,
    condition: condition === undefined ? undefined : code(condition),
    at: condition?.at ?? 0,
    body: owned(body),
  }));
  const rest = otherwise === undefined ? direct(() => null) : owned(otherwise);
  const all = [
    value,
    rest,
    ...parts.flatMap(({ condition, body }) => (condition ? [condition, body] : [body])),
  ];
  const jumps = all.some((part) => part.jumps);
  if (all.every((part) => part.run !== undefined)) {
    return direct(
      (frame) => {
        const found = value.run!(frame);
        if (frame.signal !== 0) return null;
        for (const { values, condition, at, body } of parts) {
          if (!matches(found, values)) continue;
          if (condition === undefined || isTrue(condition.run!(frame), frame, at)) return body.run!(frame);
          if (frame.signal !== 0) return null;
        }
        return rest.run!(frame);
      },
      true,
      jumps,
    );
  }
  return stepping(
    function* (frame) {
      const found = value.run !== undefined ? value.run(frame) : yield* value.steps(frame);
      if (frame.signal !== 0) return null;
      for (const { values, condition, at, body } of parts) {
        if (!matches(found, values)) continue;
        if (condition !== undefined) {
          const holds = condition.run !== undefined ? condition.run(frame) : yield* condition.steps(frame);
          if (frame.signal !== 0) return null;
          if (!isTrue(holds, frame, at)) continue;
        }
        return body.run !== undefined ? body.run(frame) : yield* body.steps(frame);
      }
      return rest.run !== undefined ? rest.run(frame) : yield* rest.steps(frame);
    },
    true,
    jumps,
  );
}

export function compileJump({ to, value }: tree.Jump, { owned }: Parts): Code {
  const signal = signals[to];
  if (value === undefined) {
    return direct(
      (frame) => {
        frame.signal = signal;
        frame.result = null;
        return null;
      },
      true,
      true,
    );
  }
  const code = owned(value);
  const finish = (frame: Frame, result: Value): Value => {
    if (frame.signal !== 0) return null;
    frame.signal = signal;
    frame.result = result;
    return null;
  };
  const { run } = code;
  if (run !== undefined) return direct((frame) => finish(frame, run(frame)), true, true);
  return stepping(
    function* (frame) {
      return finish(frame, yield* code.steps(frame));
    },
    true,
    true,
  );
}
