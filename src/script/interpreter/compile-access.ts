import type * as tree from "../parser/syntax-tree.ts";
import type { Value } from "../values/value.ts";
import { apply1, apply2, direct, stepping } from "./code.ts";
import type { Parts } from "./compiler-part.ts";
import { getIndex } from "./index-access.ts";
import { located } from "./located.ts";
import type { Code, Frame } from "./machine.ts";
import { getProperty } from "./property-access.ts";

export function compileIndex({ object, index, at }: tree.Index, { code }: Parts): Code {
  return apply2(
    code(object),
    code(index),
    (frame, container, key) => {
      if (Array.isArray(container) && typeof key === "number" && key >= 0 && key < container.length) {
        return container[key]!;
      }
      try {
        return getIndex(container, key);
      } catch (error) {
        throw located(error, frame.unit, at);
      }
    },
    false,
  );
}

export function compileProperty({ object, name, at }: tree.Property, { code }: Parts): Code {
  return apply1(
    code(object),
    (frame, container) => {
      try {
        return getProperty(container, name, frame.unit);
      } catch (error) {
        throw located(error, frame.unit, at);
      }
    },
    false,
  );
}

export function compileOptional({ subject, held, rest }: tree.Optional, { code }: Parts): Code {
  const first = code(subject);
  const then = code(rest);
  const jumps = first.jumps || then.jumps;
  const isOver = (frame: Frame, value: Value): boolean => {
    frame.slots[held.slot] = value;
    return value === null || frame.signal !== 0;
  };
  const { run } = first;
  const next = then.run;
  if (run !== undefined && next !== undefined) {
    return direct((frame) => (isOver(frame, run(frame)) ? null : next(frame)), then.fresh, jumps);
  }
  return stepping(
    function* (frame) {
      if (isOver(frame, first.run !== undefined ? first.run(frame) : yield* first.steps(frame))) return null;
      return then.run !== undefined ? then.run(frame) : yield* then.steps(frame);
    },
    then.fresh,
    jumps,
  );
}
