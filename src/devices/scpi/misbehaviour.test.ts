import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { connected } from "../../../test/instruments/connected-instrument.ts";
import { type Instrument, SimulatedInstrument } from "../../../test/instruments/simulated-instrument.ts";
import { wired, wireNames } from "../../../test/instruments/wires.ts";
import { Random } from "../../../test/ring/random.ts";
import { DaqError } from "../../model/errors.ts";
import type { Reading } from "../../model/reading.ts";
import type { Device, Parameterised, Readable, Shutter } from "../capabilities.ts";

/** More rounds look longer for what these do not show. */
const rounds = Number(process.env.DAQ_INSTRUMENT_ROUNDS ?? 10);
const answerMs = 60;
const signal = new AbortController().signal;

/** An instrument that never gives the same number twice, whatever it is asked for, and what it answered to each query. */
type Counting = { readonly respond: Instrument; readonly answered: Map<string, string[]> };

function counting(
  answers: { readonly [query: string]: (next: number) => string },
  told: Instrument,
): Counting {
  const answered = new Map<string, string[]>();
  let number = 10;
  const respond: Instrument = (line) => {
    const answer = answers[line]?.(++number);
    if (answer === undefined) return told(line);
    answered.set(line, [...(answered.get(line) ?? []), answer]);
    return answer;
  };
  return { respond, answered };
}

type Kind = {
  readonly description: string;
  /** By the name of a value, what asks for it. */
  readonly queries: { readonly [value: string]: string };
  /** How late an answer may be without being mistaken for another. */
  readonly latestMs: number;
  readonly make: (random: Random) => Counting & { readonly shutter?: () => boolean };
};

const maiTai: Kind = {
  description: "spectra-physics.maitai",
  queries: {
    device0: "READ:WAVelength?",
    device0_setpoint: "WAVelength?",
    device0_power: "READ:POWer?",
    device0_shutter: "SHUTter?",
    warmed_up: "READ:PCTWarmedup?",
    shortest_wavelength: "WAVelength:MIN?",
    longest_wavelength: "WAVelength:MAX?",
    status_byte: "*STB?",
  },
  latestMs: 5 * answerMs,
  make: () => {
    let shutter = false;
    const errors: string[] = [];
    const inUnit = (unit: string) => (next: number) => `${next}${unit}`;
    const { respond, answered } = counting(
      {
        "READ:POWer?": inUnit("W"),
        "READ:WAVelength?": inUnit("nm"),
        "WAVelength?": inUnit("nm"),
        "WAVelength:MIN?": inUnit("nm"),
        "WAVelength:MAX?": inUnit("nm"),
        "READ:PCTWarmedup?": inUnit("%"),
        "*STB?": String,
        "SHUTter?": () => (shutter ? "1" : "0"),
      },
      (line) => {
        if (line === "*IDN?") return "Spectra-Physics, MaiTai, 0, 0453-8620A/5.10/J40-4420H";
        if (line === "SYSTem:ERR?") return errors.shift() ?? "0 No error";
        if (/^SHUTter [01]$/.test(line)) shutter = line.endsWith("1");
        else errors.push("1 CMD_ERR");
        return undefined;
      },
    );
    return { respond, answered, shutter: () => shutter };
  },
};

const newport: Kind = {
  description: "newport.1830-c",
  queries: {
    device0: "D?",
    wavelength: "W?",
    attenuator: "A?",
    filter: "F?",
    range: "R?",
    zero: "Z?",
  },
  // Without an identity, an answer is waited for once more as long as it may take.
  latestMs: 1.5 * answerMs,
  make: (random) => {
    const { respond, answered } = counting(
      {
        "D?": (next) => `+.${next}E-3`,
        "W?": (next) => String(next).padStart(4, "0"),
        "R?": String,
        "A?": () => String(random.integer(0, 1)),
        "Z?": () => String(random.integer(0, 1)),
        "F?": () => String(random.integer(1, 3)),
      },
      () => undefined,
    );
    return { respond, answered };
  },
};

/** What is read of an answer, without the code that is tested. */
function expectedOf(answer: string): readonly unknown[] {
  const number = Number.parseFloat(answer);
  return [number, number === 1, ["", "slow", "medium", "fast"][number]];
}

function misbehave(
  instrument: SimulatedInstrument,
  kind: Kind,
  random: Random,
  canHangUp: boolean,
): Map<string, number> {
  const done = new Map<string, number>();
  const note = (what: string) => done.set(what, (done.get(what) ?? 0) + 1);
  instrument.misbehaviour = async (line, answer, wire) => {
    if (answer === undefined || !random.chance(0.25)) return undefined;
    const text = `${answer}\n`;
    const what = random.pick(["silent", "late", "pieces", "garbled", "broken off", "unasked", "hang up"]);
    if (what === "hang up" && !canHangUp) return undefined;
    note(what);
    switch (what) {
      case "silent":
        return "handled";
      case "late":
        await wait(random.next() * kind.latestMs);
        return undefined;
      case "pieces":
        for (let at = 0; at < text.length; at += 3) {
          wire.send(text.slice(at, at + 3));
          await wait(2);
        }
        return "handled";
      case "garbled":
        wire.send(`\u0007?${text.slice(1)}`);
        return "handled";
      case "broken off":
        wire.send(answer.slice(0, random.integer(0, answer.length)));
        return "handled";
      case "unasked":
        wire.send(`# ${line} takes a moment\n`);
        return undefined;
      default:
        wire.hangUp();
        return "handled";
    }
  };
  return done;
}

async function goThrough(
  context: TestContext,
  kind: Kind,
  wireName: (typeof wireNames)[number],
  seed: number,
) {
  const random = new Random(seed);
  const { respond, answered, shutter } = kind.make(random);
  const instrument = new SimulatedInstrument(respond);
  const wire = await wired(context, wireName, instrument);
  const { description, queries } = kind;
  const settings = { description, ...wire.settings, timeout_ms: answerMs };
  const device = (await connected(context, settings)) as unknown as Device &
    Readable &
    Parameterised &
    Partial<Shutter>;
  const done = misbehave(instrument, kind, random, wireName === "tcp");
  let [right, failed] = [0, 0];
  const refused = (error: unknown) => {
    assert.ok(error instanceof DaqError && error.code === "device", String(error));
    failed++;
  };
  const check = (readings: { readonly [name: string]: Reading }) => {
    for (const [name, query] of Object.entries(queries)) {
      if (!Object.hasOwn(readings, name)) continue;
      const answers = answered.get(query) ?? [];
      const { value } = readings[name]!;
      assert.ok(
        answers.some((answer) => expectedOf(answer).includes(value)),
        `${name} is ${value}; ${query} was answered with ${answers.join(", ")}`,
      );
      right++;
    }
  };
  for (let round = 0; round < rounds; round++) {
    // What an earlier round was answered must not be right in this one.
    answered.clear();
    await device.read(signal).then(check, refused);
    answered.clear();
    await device.readParameters(signal).then(check, refused);
    const open = random.chance(0.5);
    await device.setOpen?.(open, signal).then(() => assert.equal(shutter?.(), open, "the shutter"), refused);
  }
  context.diagnostic(`${right} values, ${failed} failures, ${JSON.stringify(Object.fromEntries(done))}`);
  assert.ok(right > rounds && failed > 0);
}

describe("an instrument that misbehaves at random never gives a value that is not the answer", {
  concurrency: true,
}, () => {
  for (const kind of [maiTai, newport])
    for (const wireName of wireNames)
      test(`${kind.description}, ${wireName}`, (context) =>
        goThrough(context, kind, wireName, 1 + wireNames.indexOf(wireName)));
});
