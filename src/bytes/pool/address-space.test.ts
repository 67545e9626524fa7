import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressSpace } from "./address-space.ts";

const page = 4096;

/** A small generator with a seed, so that a failure can be run again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test("ranges are whole pages within the space and never overlap, and all of it comes back", () => {
  const next = random(1);
  const space = new AddressSpace(64 * page, 256 * page);
  const taken: { start: number; bytes: number }[] = [];
  for (let step = 0; step < 20_000; step++) {
    if (next() < 0.5) {
      const bytes = Math.floor(next() * 20 * page);
      const start = space.take(bytes);
      if (start === undefined) continue;
      assert.equal(start % page, 0);
      assert.ok(start >= 64 * page && start + space.pagesFor(bytes) <= 320 * page);
      for (const other of taken)
        assert.ok(
          start + space.pagesFor(bytes) <= other.start || other.start + space.pagesFor(other.bytes) <= start,
        );
      taken.push({ start, bytes });
    } else if (taken.length > 0) {
      const [range] = taken.splice(Math.floor(next() * taken.length), 1);
      const kept = Math.floor(range!.bytes * next());
      if (next() < 0.3) {
        space.shrink(range!.start, range!.bytes, kept);
        taken.push({ start: range!.start, bytes: kept });
      } else space.give(range!.start, range!.bytes);
    }
    const used = taken.reduce((sum, { bytes }) => sum + space.pagesFor(bytes), 0);
    assert.equal(space.freeBytes, 256 * page - used);
  }
  for (const { start, bytes } of taken) space.give(start, bytes);
  assert.equal(space.take(256 * page), 64 * page, "the holes have merged into one");
});

test("the smallest hole that is large enough is used, and the lowest of equal ones", () => {
  const space = new AddressSpace(0, 100 * page);
  const starts = [10, 1, 4, 1, 4, 1].map((pages) => space.take(pages * page)!);
  space.give(starts[0]!, 10 * page);
  space.give(starts[2]!, 4 * page);
  space.give(starts[4]!, 4 * page);
  assert.equal(space.take(3 * page), starts[2]);
  assert.equal(space.take(4 * page), starts[4]);
  assert.equal(space.take(5 * page), starts[0]);
});

test("a range that does not fit is refused, and one of no bytes has an address of its own", () => {
  const space = new AddressSpace(page, 2 * page);
  assert.equal(space.take(2 * page + 1), undefined);
  assert.equal(space.take(0), page);
  assert.equal(space.take(0), 2 * page);
  assert.equal(space.take(0), undefined);
});
