import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { can, type Device, type Movable } from "../devices/capabilities.ts";
import { answerOf, type Patience } from "../devices/status.ts";
import type { Quantities, Readings, ReadingValue } from "../model/reading.ts";

export type DeviceContractOptions = {
  /** A new device, ready to be used. */
  readonly create: () => Device | Promise<Device>;
  /** For a device that moves: two places far enough apart that the way takes more than 0.3 s, and how near is there. */
  readonly movement?: { readonly from: number; readonly to: number; readonly within: number };
  /** Milliseconds in which it has to answer. Default: 5,000. */
  readonly answersWithinMs?: number;
};

/** Time that a device has to obey a stop or an abort. */
const obeysWithinMs = 200;

function checkReadings(quantities: Quantities, readings: Readings): void {
  assert.deepEqual(Object.keys(readings).sort(), Object.keys(quantities).sort());
  for (const [name, { value, timestampNs }] of Object.entries(readings)) {
    const { dtype, shape = [] } = quantities[name]!;
    assert.equal(typeof timestampNs, "bigint", `${name}: the time is nanoseconds in a bigint`);
    assert.ok(timestampNs > 0n, `${name}: the time is after 1970`);
    if (value === null) continue;
    assert.equal(kindOf(value), shape.length > 0 ? "list" : wanted(dtype), `${name}: ${String(value)}`);
  }
}

function kindOf(value: Exclude<ReadingValue, null>): string {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return "list";
  return typeof value === "bigint" ? "number" : typeof value;
}

function wanted(dtype: Quantities[string]["dtype"]): string {
  if (dtype === "string") return dtype;
  return dtype === "bool" || dtype === "boolean" ? "boolean" : "number";
}

async function rejectsSoon(work: Promise<unknown>, startedMs: number): Promise<void> {
  await assert.rejects(work);
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs < obeysWithinMs, `it took ${tookMs} ms`);
}

/** Registers the tests that every device has to pass, for each of its capabilities. */
export function deviceContract(
  name: string,
  { create, movement, answersWithinMs = 5000 }: DeviceContractOptions,
): void {
  const patience: Patience = { timeoutMs: answersWithinMs, signal: new AbortController().signal };
  const ask = <Answer>(device: Device, action: string, call: (signal: AbortSignal) => Promise<Answer>) =>
    answerOf(device.id, action, call, patience);

  describe(name, () => {
    test("has a name that begins all that it gives", async () => {
      const device = await create();
      assert.match(device.id, /^[A-Za-z0-9_][A-Za-z0-9_-]*$/);
      if (!can(device, "readable")) return;
      const quantities = await ask(device, "its description", (signal) => device.describe(signal));
      assert.ok(Object.keys(quantities).length > 0);
      for (const key of Object.keys(quantities)) assert.ok(key.startsWith(device.id), key);
    });

    test("reads what it describes, twice", async (t) => {
      const device = await create();
      if (!can(device, "readable")) return t.skip("it is not readable");
      const quantities = await ask(device, "its description", (signal) => device.describe(signal));
      for (const { source } of Object.values(quantities)) assert.notEqual(source, "");
      for (let time = 0; time < 2; time++)
        checkReadings(quantities, await ask(device, "a reading", (signal) => device.read(signal)));
    });

    test("tells what it has when it is observed, as a reading does, and nothing after that was ended", async (t) => {
      const device = await create();
      if (!can(device, "monitorable")) return t.skip("it tells no changes");
      const told: Readings[] = [];
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const end = device.subscribe({
        changed: (readings) => {
          told.push(readings);
          resolve();
        },
        failed: reject,
      });
      await ask(device, "its first values", () => promise);
      end();
      end();
      const quantities = await ask(device, "its description", (signal) => device.describe(signal));
      for (const readings of told) checkReadings(quantities, readings);
      const { length } = told;
      if (can(device, "shutter")) {
        for (const open of [true, false])
          await ask(device, "a change", (signal) => device.setOpen(open, signal));
        assert.equal(told.length, length);
      }
    });

    test("measures when triggered, and gives that", async (t) => {
      const device = await create();
      if (!can(device, "triggerable") || !can(device, "readable")) return t.skip("it is not triggerable");
      const startedNs = BigInt(Date.now() - 5) * 1_000_000n;
      await ask(device, "a measurement", (signal) => device.trigger(signal));
      const readings = await ask(device, "a reading", (signal) => device.read(signal));
      for (const { timestampNs } of Object.values(readings)) assert.ok(timestampNs >= startedNs);
    });

    test("describes the parameters that it gives", async (t) => {
      const device = await create();
      if (!can(device, "parameterised")) return t.skip("it has no parameters");
      const quantities = await ask(device, "its parameters", (signal) => device.describeParameters(signal));
      checkReadings(
        quantities,
        await ask(device, "its parameters", (signal) => device.readParameters(signal)),
      );
    });

    test("is staged and unstaged, also twice and also without having been staged", async (t) => {
      const device = await create();
      if (!can(device, "stageable")) return t.skip("it is not stageable");
      for (const step of ["unstage", "stage", "stage", "unstage", "unstage"] as const)
        await ask(device, step, (signal) => device[step](signal));
    });

    test("is made safe at any time", async (t) => {
      const device = await create();
      if (!can(device, "guarded")) return t.skip("it has no safe state");
      await ask(device, "its safe state", (signal) => device.makeSafe(signal));
      await ask(device, "its safe state", (signal) => device.makeSafe(signal));
    });

    const moves = (title: string, check: (device: Movable) => Promise<void>) =>
      test(title, async (t) => {
        const device = await create();
        if (!can(device, "movable")) return t.skip("it does not move");
        await check(device);
      });
    const { from, to, within } = movement ?? { from: 0, to: 0, within: 0 };

    moves("is where it was sent when the move is over, and reads that", async (device) => {
      for (const target of [from, to]) {
        await ask(device, "a move", (signal) => device.moveTo(target, signal));
        const position = await ask(device, "its position", (signal) => device.position(signal));
        assert.ok(Math.abs(position - target) <= within, `${position} is not ${target}`);
      }
    });

    moves("refuses places outside its limits and those that are no number, and stays", async (device) => {
      const { limits } = device.axis;
      await ask(device, "a move", (signal) => device.moveTo(from, signal));
      const targets = [
        Number.NaN,
        Number.POSITIVE_INFINITY,
        ...(limits ? [limits[0] - 1, limits[1] + 1] : []),
      ];
      for (const target of targets)
        await assert.rejects(
          ask(device, "a move", (signal) => device.moveTo(target, signal)),
          { code: "device", message: new RegExp(device.id) },
        );
      const position = await ask(device, "its position", (signal) => device.position(signal));
      assert.ok(Math.abs(position - from) <= within);
    });

    moves(`stops on the way within ${obeysWithinMs} ms, and moves again after that`, async (device) => {
      await ask(device, "a move", (signal) => device.moveTo(from, signal));
      const move = device.moveTo(to, patience.signal);
      move.catch(() => {});
      await sleep(50);
      const startedMs = performance.now();
      await device.stop();
      await rejectsSoon(move, startedMs);
      const position = await ask(device, "its position", (signal) => device.position(signal));
      assert.ok(Math.abs(position - to) > within, "it was not under way");
      await ask(device, "a move", (signal) => device.moveTo(from, signal));
    });

    moves(`gives up a move within ${obeysWithinMs} ms when the signal aborts`, async (device) => {
      await ask(device, "a move", (signal) => device.moveTo(from, signal));
      const abort = new AbortController();
      const move = device.moveTo(to, abort.signal);
      move.catch(() => {});
      await sleep(50);
      const startedMs = performance.now();
      abort.abort();
      await rejectsSoon(move, startedMs);
      await device.stop();
    });
  });
}
