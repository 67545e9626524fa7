import assert from "node:assert/strict";
import { test } from "node:test";
import { type BlockPlace, copyRegion } from "./copy-region.ts";
import { countOf, numberOf, placeOf, placesIn } from "./grid.ts";

/** Element by element. */
function copyPlainly(from: BlockPlace, to: BlockPlace, box: readonly number[], elementBytes: number): void {
  for (let number = 0; number < countOf(box); number++) {
    const place = placeOf(number, box);
    const [source, target] = [from, to].map(({ shape, offsets }) =>
      numberOf(
        place.map((index, axis) => index + offsets[axis]!),
        shape,
      ),
    ) as [number, number];
    for (let byte = 0; byte < elementBytes; byte++)
      to.bytes[target * elementBytes + byte] = from.bytes[source * elementBytes + byte]!;
  }
}

test("boxes of every size and place are copied as element by element", () => {
  let state = 3;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let turn = 0; turn < 2000; turn++) {
    const rank = random(5);
    const elementBytes = [1, 2, 4, 8][random(4)]!;
    const shapes = [0, 1].map(() => Array.from({ length: rank }, () => 1 + random(5)));
    const box = shapes[0]!.map((extent, axis) =>
      random(3) === 0 ? Math.min(extent, shapes[1]![axis]!) : random(Math.min(extent, shapes[1]![axis]!) + 1),
    );
    const blockOf = (which: number): BlockPlace => {
      const shape = shapes[which]!;
      const bytes = new Uint8Array(countOf(shape) * elementBytes);
      if (which === 0) for (let at = 0; at < bytes.length; at++) bytes[at] = random(256);
      return { bytes, shape, offsets: shape.map((extent, axis) => (extent - box[axis]!) >> 1) };
    };
    const [from, to, plain] = [blockOf(0), blockOf(1), blockOf(1)];
    copyRegion(from, to, box, elementBytes);
    copyPlainly(from, plain, box, elementBytes);
    assert.deepEqual(to.bytes, plain.bytes, JSON.stringify({ shapes, box, elementBytes }));
  }
});

test("places are counted in row-major order", () => {
  assert.deepEqual(
    [...placesIn([1, 2], [3, 4])],
    [
      [1, 2],
      [1, 3],
      [2, 2],
      [2, 3],
    ],
  );
  assert.deepEqual([...placesIn([1], [1])], []);
  assert.deepEqual([...placesIn([], [])], [[]]);
});
