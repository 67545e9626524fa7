import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { StandInAxis } from "../testing/stand-in-axis.ts";
import { Movements } from "./movements.ts";

const { signal } = new AbortController();
const patience = { timeoutMs: 1000, signal };

/** Its moves go on until it is stopped. */
function movingAxis(id: string): StandInAxis {
  const axis = new StandInAxis(id);
  let end = () => {};
  axis.behaviour = {
    moveTo: () =>
      new Promise((_, reject) => {
        end = () => reject(new Error("stopped"));
      }),
    stop: async () => end(),
  };
  return axis;
}

test("axes go back to where they were sent then, and to their origin where they had not been moved yet", async () => {
  const movements = new Movements();
  const [x, y] = [new StandInAxis("x"), new StandInAxis("y")];
  movements.setOrigin(x, 5);
  movements.move("g", x, 1, signal);
  const then = movements.targets();
  movements.setOrigin(y, 7);
  movements.move("g", y, 2, signal);
  movements.move("g", x, 3, signal);
  await movements.wait("g", patience);
  movements.moveBack("back", then, signal);
  await movements.wait("back", patience);
  assert.deepEqual(x.told, ["move 1", "move 3", "move 1"]);
  assert.deepEqual(y.told, ["move 2", "move 7"]);
});

test("a stop goes to axes that move and to those whose move failed, not to one that has arrived", async () => {
  const movements = new Movements();
  const arrived = new StandInAxis("arrived");
  const failed = new StandInAxis("failed");
  failed.behaviour = { moveTo: () => Promise.reject(new Error("stuck")) };
  const moving = movingAxis("moving");
  movements.move("a", arrived, 1, signal);
  movements.move("b", failed, 1, signal);
  movements.move("c", moving, 1, signal);
  await movements.wait("a", patience);
  await assert.rejects(movements.wait("b", patience), /failed failed: the move to 1 mm ended with "stuck"/);
  assert.deepEqual(await movements.stop(), []);
  // They are told once, and nobody waits any more for a movement that was stopped.
  assert.deepEqual(await movements.stop(), []);
  await movements.wait("c", patience);
  assert.deepEqual(arrived.told, ["move 1"]);
  assert.deepEqual(failed.told, ["move 1", "stop"]);
  assert.deepEqual(moving.told, ["move 1", "stop"]);
});

test("a stop names the axis that does not obey, and stops the others", async () => {
  const movements = new Movements();
  const deaf = movingAxis("deaf");
  deaf.behaviour = { ...deaf.behaviour, stop: () => new Promise(() => {}) };
  const other = movingAxis("other");
  movements.move("g", deaf, 1, signal);
  movements.move("g", other, 1, signal);
  const problems = await movements.stop();
  assert.equal(problems.length, 1);
  assert.match(problems[0]!, /deaf did not answer: waited 0\.1 s for the stop/);
  assert.deepEqual(other.told, ["move 1", "stop"]);
});

test("a stop is over no sooner than the one that was said before it", async () => {
  const movements = new Movements();
  const slow = movingAxis("slow");
  const { stop } = slow.behaviour;
  let isStopped = false;
  slow.behaviour = {
    ...slow.behaviour,
    stop: async () => {
      await setTimeout(30);
      isStopped = true;
      await stop?.();
    },
  };
  movements.move("g", slow, 1, signal);
  const first = movements.stop();
  await movements.stop();
  assert.ok(isStopped);
  await first;
});
