import type { Meter } from "../limits/meter.ts";
import type * as tree from "../parser/syntax-tree.ts";
import { Shared, type Value } from "../values/value.ts";
import { stepping } from "./code.ts";
import { isTrue } from "./compile-flow.ts";
import type { Parts } from "./compiler-part.ts";
import { itemsOf } from "./items-of.ts";
import { located } from "./located.ts";
import { type Code, type Frame, signals } from "./machine.ts";

/** Settles a signal at the end of a turn: true when the loop is over. */
function ends(frame: Frame): boolean {
  if (frame.signal === signals.none) return false;
  if (frame.signal === signals.return) return true;
  const isOver = frame.signal === signals.break;
  frame.signal = signals.none;
  return isOver;
}

/** What a `break` gave; a `return` keeps its value for the function. */
function resultOf(frame: Frame): Value {
  if (frame.signal !== signals.none) return null;
  const { result } = frame;
  frame.result = null;
  return result;
}

function isDue(meter: Meter): boolean {
  return ++meter.operations >= meter.checkAt && meter.check();
}

export function compileLoop(node: tree.Loop, { code }: Parts): Code {
  const { conditionFirst, endsOn } = node;
  const condition = node.condition === undefined ? undefined : code(node.condition);
  const at = node.condition?.at ?? 0;
  const body = code(node.body);
  const jumps = body.jumps || condition?.jumps === true;
  const { run } = body;
  const test = condition?.run;
  if (run !== undefined && (condition === undefined || test !== undefined) && !jumps) {
    /** Turns until others should have theirs: true then, false when the loop is over. */
    const turns = (frame: Frame, meter: Meter, isFirst: boolean): boolean => {
      for (let first = isFirst; ; first = false) {
        if (test !== undefined && (conditionFirst || !first)) {
          const value = test(frame);
          if (value !== true && value !== false) isTrue(value, frame, at);
          if (value === endsOn) return false;
        }
        run(frame);
        if (isDue(meter)) return true;
      }
    };
    return stepping(function* (frame) {
      const { meter } = frame.unit.execution;
      if (isDue(meter)) yield undefined;
      for (let first = true; turns(frame, meter, first); first = false) yield undefined;
      return null;
    });
  }
  return stepping(
    function* (frame) {
      const { meter } = frame.unit.execution;
      for (let first = true; ; first = false) {
        if (isDue(meter)) yield undefined;
        if (condition !== undefined && (conditionFirst || !first)) {
          const value = condition.run !== undefined ? condition.run(frame) : yield* condition.steps(frame);
          if (isTrue(value, frame, at) === endsOn) return null;
          if (frame.signal !== 0) return null;
        }
        if (body.run !== undefined) body.run(frame);
        else yield* body.steps(frame);
        if (jumps && ends(frame)) return resultOf(frame);
      }
    },
    true,
    jumps,
  );
}

export function compileFor({ item, counter, iterable, body, at }: tree.For, { code }: Parts): Code {
  const source = code(iterable);
  const turn = code(body);
  return stepping(
    function* (frame) {
      const from = source.run !== undefined ? source.run(frame) : yield* source.steps(frame);
      if (frame.signal !== 0) return null;
      const { meter } = frame.unit.execution;
      let items: Iterable<Value>;
      try {
        items = itemsOf(from, meter);
      } catch (error) {
        throw located(error, frame.unit, at);
      }
      frame.slots[item.slot] = null;
      if (counter !== undefined) frame.slots[counter.slot] = null;
      let count = 0;
      for (const value of items) {
        if (isDue(meter)) yield undefined;
        assign(frame, item, value);
        if (counter !== undefined) assign(frame, counter, count);
        count++;
        if (turn.run !== undefined) turn.run(frame);
        else yield* turn.steps(frame);
        if (turn.jumps && ends(frame)) return resultOf(frame);
      }
      return null;
    },
    true,
    turn.jumps || source.jumps,
  );
}

/** There is one variable for all turns: closures that captured it see it change. */
function assign(frame: Frame, { slot, captured }: tree.Variable, value: Value): void {
  const held = captured ? frame.slots[slot] : undefined;
  if (held instanceof Shared) held.value = value;
  else frame.slots[slot] = value;
}
