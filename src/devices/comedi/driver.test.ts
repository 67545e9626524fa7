import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { type BoardTraits, StandInBoard } from "../../../test/instruments/stand-in-board.ts";
import type { SettingValues } from "../../model/setting.ts";
import { type RunOptions, startSource } from "../../testing/run-source.ts";
import { systemClock } from "../system-clock.ts";
import { startAcquisition } from "./acquisition.ts";
import { comediDriver, comediSource } from "./driver.ts";

type Setup = { settings?: SettingValues; traits?: Partial<BoardTraits>; run?: RunOptions };

function start(context: TestContext, { settings, traits, run }: Setup = {}) {
  const board = new StandInBoard(traits);
  context.after(() => board.remove());
  const driver = {
    ...comediDriver,
    create: (id: string, values: SettingValues) =>
      comediSource(id, values, (options) => startAcquisition(board.library, options)),
  };
  const source = startSource(driver, {
    clock: systemClock,
    settings: { channels: [3, 1], sample_rate_hz: 10_000, ...settings },
    ...run,
  });
  return { board, ...source };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `waited in vain: ${what}`);
    await wait(5);
  }
}

/** Scans of two channels: 0 and 1000, 1 and 1001, … */
function scans(first: number, count: number): Uint8Array {
  const samples = Uint16Array.from(
    { length: 2 * count },
    (_, index) => first + (index >> 1) + (index % 2) * 1000,
  );
  return new Uint8Array(samples.buffer);
}

test("records what a board samples, in columns, with its scale to volts and its own times", async (context) => {
  const { board, stream, done } = start(context, { run: { recordLimit: 700 } });
  board.sample(scans(0, 400));
  // A scan in two parts: the second half comes later.
  board.sample(scans(400, 300).subarray(0, 401));
  await until("the first part", () => stream.stored === 500);
  board.sample(scans(400, 300).subarray(401));
  await done;
  assert.deepEqual(
    [...(stream.values("AI3") as Uint16Array)],
    Array.from({ length: 700 }, (_, index) => index),
  );
  assert.deepEqual(
    [...(stream.values("AI1") as Uint16Array)],
    Array.from({ length: 700 }, (_, index) => 1000 + index),
  );
  const [column] = stream.schema.columns;
  assert.deepEqual(
    [column?.scale, column?.offset, column?.unit, column?.range],
    [20 / 65_535, -10, "V", [-10, 10]],
  );
  assert.equal(stream.timestampsNs[699]! - stream.timestampsNs[0]!, 69_900_000n);
  assert.deepEqual([board.running, board.open], [false, false]);
});

test("asks for the channels in their order, with range and reference, until it is stopped", async (context) => {
  const { board, done } = start(context, {
    settings: { min_volts: -5, max_volts: 5, reference: "differential" },
    run: { recordLimit: 1 },
  });
  board.sample(scans(0, 1));
  await done;
  assert.deepEqual(board.channelList, [0x0201_0003, 0x0201_0001]);
  assert.deepEqual([board.command!.getUint32(40, true), board.command!.getUint32(44, true)], [1, 0]);
});

test("keeps to the rate that the board really makes, and says so", async (context) => {
  const { board, stream, warnings, done } = start(context, {
    settings: { sample_rate_hz: 30_000 },
    traits: { timerNs: 1000 },
    run: { recordLimit: 101 },
  });
  board.sample(scans(0, 101));
  await done;
  assert.equal(stream.timestampsNs[100]! - stream.timestampsNs[0]!, 3_300_000n);
  assert.match(warnings.join(), /stand-in \(none\) samples at 30303\.03\d* Hz instead of 30000 Hz/);
});

test("records boards with more than 16 bits as 32", async (context) => {
  const { board, stream, done } = start(context, {
    settings: { bits: 24, channels: [0] },
    traits: { bits: 24 },
    run: { recordLimit: 2 },
  });
  board.sample(new Uint8Array(Uint32Array.of(70_000, 16_777_215).buffer));
  await done;
  assert.deepEqual([...(stream.values("AI0") as Uint32Array)], [70_000, 16_777_215]);
});

test("a board that stops by itself is an error, after the last sample was stored", async (context) => {
  const { board, stream, done } = start(context);
  await until("the start", () => board.running);
  board.sample(scans(0, 50));
  board.running = false;
  await assert.rejects(done, { code: "device", message: /device0.*stand-in.*stopped by itself/ });
  assert.deepEqual([stream.stored, board.open], [50, false]);
});

test("stops the board and lets go of it when the run stops, or the ring is full", async (context) => {
  const controller = new AbortController();
  const stopped = start(context, { run: { signal: controller.signal } });
  await until("the start", () => stopped.board.running);
  controller.abort();
  await stopped.done;
  assert.deepEqual([stopped.board.running, stopped.board.open], [false, false]);
  const full = new Error("full");
  let calls = 0;
  const held = start(context, {
    run: { backPressure: () => (calls++ === 0 ? Promise.reject(full) : undefined) },
  });
  held.board.sample(scans(0, 1));
  await assert.rejects(held.done, full);
  assert.deepEqual([held.board.running, held.board.open], [false, false]);
  assert.deepEqual([held.stream.account.produced, held.stream.account.lost], [1, 1]);
});

const refused: readonly [behaviour: string, setup: Setup, message: RegExp][] = [
  ["a board without analogue inputs", { traits: { analogueInput: false } }, /has no analogue input/],
  ["a subdevice that is another thing", { settings: { subdevice: 3 } }, /no analogue input as subdevice 3/],
  ["a board that cannot sample by itself", { traits: { hasCommands: false } }, /its driver has no commands/],
  ["a channel that is not there", { settings: { channels: [0, 8] } }, /has no channel 8/],
  [
    "a board with other bits",
    { traits: { bits: 12 } },
    /gives 0 to 4095 at channel 3, and the configuration says 16 bits/,
  ],
  [
    "a board with wider samples",
    { traits: { bits: 24 } },
    /more than 16 bits, and the configuration says 16/,
  ],
  [
    "a range that the board does not have",
    { settings: { max_volts: 9 } },
    /has no range of -10 to 9 V at channel 3/,
  ],
];
for (const [behaviour, setup, message] of refused)
  test(`refuses ${behaviour}, and lets go of it`, async (context) => {
    const { board, done } = start(context, setup);
    await assert.rejects(done, (error: Error & { code: string; hint: string }) => {
      assert.deepEqual([error.code, board.open], ["device", false]);
      assert.match(error.message, message);
      return true;
    });
  });

test("names the board's ranges to someone who asks for another", async (context) => {
  const { done } = start(context, { settings: { max_volts: 9 } });
  await assert.rejects(done, { hint: "Set min_volts and max_volts to one of: -10 to 10 V, -5 to 5 V." });
});

test("refuses names that do not fit the channels, and an empty range", () => {
  const create = (settings: SettingValues) => () =>
    startSource(comediDriver, { settings: { channels: [0], ...settings } });
  assert.throws(create({ names: ["a", "b"] }), { code: "config", message: /2 entries for 1 channels/ });
  assert.throws(create({ min_volts: 5, max_volts: 5 }), { code: "config", message: /not below/ });
  assert.throws(create({ channels: [1, 1] }), { code: "config", message: /different channels/ });
});

test("says what is missing where there is no board, be it the system's library or the device", async () => {
  const { done } = startSource(comediDriver, { settings: { channels: [0], device: "/dev/no-such-board" } });
  await assert.rejects(done, (error: Error & { code: string; hint: string }) => {
    assert.equal(error.code, "device");
    assert.match(
      error.message,
      /needs the system's library libcomedi\.so\.0|\/dev\/no-such-board cannot be opened: No such file/,
    );
    assert.match(error.hint, /libcomedi0|driver loaded/);
    return true;
  });
});
