import type { Place } from "../packages/native.ts";
import type * as tree from "../parser/syntax-tree.ts";
import type { Value } from "../values/value.ts";
import type { Parts } from "./compiler-part.ts";
import type { Code, Frame } from "./machine.ts";
import { ItemPlace, PropertyPlace, TemporaryPlace, VariablePlace } from "./places.ts";

/** How to get to a place: what to evaluate first, and how the values of that lead there. */
export type PlacePlan = {
  readonly operands: readonly Code[];
  /** `values` holds those of the operands from `first` on. */
  readonly locate: (frame: Frame, values: readonly Value[], first: number) => Place;
};

/** The place that an expression names; for one that names none, a place for its value alone. */
export function planPlace(node: tree.Node, parts: Parts): PlacePlan {
  switch (node.kind) {
    case "variable": {
      const { slot, constant, name } = node.variable;
      const constantName = constant && name !== "" ? name : undefined;
      return { operands: [], locate: (frame) => new VariablePlace(frame, slot, constantName) };
    }
    case "this": {
      const value = parts.code(node);
      return {
        operands: [value],
        locate: (frame, values, first) => frame.self ?? new TemporaryPlace(values[first]!),
      };
    }
    case "index": {
      const object = planPlace(node.object, parts);
      const count = object.operands.length;
      return {
        operands: [...object.operands, parts.owned(node.index)],
        locate: (frame, values, first) =>
          new ItemPlace(object.locate(frame, values, first), values[first + count]!),
      };
    }
    case "property": {
      const object = planPlace(node.object, parts);
      const { name } = node;
      return {
        operands: object.operands,
        locate: (frame, values, first) => new PropertyPlace(object.locate(frame, values, first), name, frame),
      };
    }
    default: {
      const value = parts.code(node);
      return { operands: [value], locate: (_frame, values, first) => new TemporaryPlace(values[first]!) };
    }
  }
}
