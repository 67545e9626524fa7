import type { Steps } from "../packages/native.ts";
import type { Value } from "../values/value.ts";
import type { Code, Direct, Frame, Stepping } from "./machine.ts";

export function direct(run: (frame: Frame) => Value, fresh = true, jumps = false): Direct {
  return { run, fresh, jumps };
}

export function stepping(steps: (frame: Frame) => Steps, fresh = true, jumps = false): Stepping {
  return { steps, fresh, jumps };
}

function isSimple(code: Code): code is Direct {
  return code.run !== undefined && !code.jumps;
}

/** Evaluates one operand, then `apply`. */
export function apply1(a: Code, apply: (frame: Frame, a: Value) => Value, fresh = true): Code {
  if (isSimple(a)) {
    const { run } = a;
    return direct((frame) => apply(frame, run(frame)), fresh);
  }
  return applyAll([a], (frame, values) => apply(frame, values[0]!), fresh);
}

export function apply2(
  a: Code,
  b: Code,
  apply: (frame: Frame, a: Value, b: Value) => Value,
  fresh = true,
): Code {
  if (isSimple(a) && isSimple(b)) {
    const left = a.run;
    const right = b.run;
    return direct((frame) => apply(frame, left(frame), right(frame)), fresh);
  }
  return applyAll([a, b], (frame, values) => apply(frame, values[0]!, values[1]!), fresh);
}

/** Evaluates operands in their order, then `apply`; an operand that jumps ends it. */
export function applyAll(
  operands: readonly Code[],
  apply: (frame: Frame, values: Value[]) => Value,
  fresh = true,
): Code {
  const jumps = operands.some((operand) => operand.jumps);
  if (operands.every((operand) => operand.run !== undefined)) {
    const runs = operands.map((operand) => operand.run!);
    return direct(
      (frame) => {
        const values: Value[] = [];
        for (let index = 0; index < runs.length; index++) {
          values.push(runs[index]!(frame));
          if (jumps && frame.signal !== 0) return null;
        }
        return apply(frame, values);
      },
      fresh,
      jumps,
    );
  }
  return applySteps(
    operands,
    // biome-ignore lint/correctness/useYield: it yields what its operands yield.
    function* (frame, values) {
      return apply(frame, values);
    },
    fresh,
  );
}

/** The same where what follows the operands can itself be suspended. */
export function applySteps(
  operands: readonly Code[],
  apply: (frame: Frame, values: Value[]) => Steps,
  fresh = true,
): Code {
  const jumps = operands.some((operand) => operand.jumps);
  return stepping(
    function* (frame) {
      const values: Value[] = [];
      for (const operand of operands) {
        values.push(operand.run !== undefined ? operand.run(frame) : yield* operand.steps(frame));
        if (jumps && frame.signal !== 0) return null;
      }
      return yield* apply(frame, values);
    },
    fresh,
    jumps,
  );
}
