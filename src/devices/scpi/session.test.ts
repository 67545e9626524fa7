import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { connected, descriptionFile, unconnected } from "../../../test/instruments/connected-instrument.ts";
import { SimulatedInstrument } from "../../../test/instruments/simulated-instrument.ts";
import { type Wired, wired, wireNames } from "../../../test/instruments/wires.ts";
import type { SettingValues } from "../../model/setting.ts";
import type { Emitting, Guarded, Readable, Stageable } from "../capabilities.ts";

const folder = mkdtempSync(join(tmpdir(), "daq-session-"));
after(() => rmSync(folder, { recursive: true }));
const signal = new AbortController().signal;
const answerMs = 150;

/** Two quantities with values that could pass for each other. */
function describe({
  connection = "",
  quietMs = 30,
  errors = "",
  identity = `[identity]\npattern = "^ACME,"`,
} = {}): string {
  const text = `
[instrument]
name = "Acme"
[connection]
timeout_ms = ${answerMs}
quiet_ms = ${quietMs}
${connection}
${identity}
${errors}
[readings.power]
query = "POW?"
[readings.temperature]
query = "TEMP?"
[emission]
on = "ON"
off = "OFF"
[states]
staged = ["READY 1", "READY 2"]
safe = ["SAFE 1", "SAFE 2"]
`;
  return descriptionFile(mkdtempSync(join(folder, "d-")), text);
}

class Acme {
  readonly errors: string[] = [];
  readonly values: { [query: string]: string } = { "POW?": "1.5", "TEMP?": "20.5" };
  readonly respond = (line: string): string | undefined => {
    if (line === "*IDN?") return "ACME,Laser,1,2";
    if (line === "SYST:ERR?") return this.errors.shift() ?? '0,"No error"';
    return this.values[line];
  };
}

type Instrument = Readable & Emitting & Guarded & Stageable & Awaited<ReturnType<typeof connected>>;
type Bench = { acme: Acme; instrument: SimulatedInstrument; device: Instrument; wire: Wired };

async function bench(
  context: TestContext,
  wireName: (typeof wireNames)[number],
  description: string,
  settings: SettingValues = {},
): Promise<Bench> {
  const acme = new Acme();
  const instrument = new SimulatedInstrument(acme.respond);
  const wire = await wired(context, wireName, instrument);
  const device = (await connected(context, { description, ...wire.settings, ...settings })) as Instrument;
  return { acme, instrument, device, wire };
}

async function readings(device: Readable): Promise<unknown[]> {
  const { device0_power: power, device0_temperature: temperature } = await device.read(signal);
  return [power?.value, temperature?.value];
}

const failure = (message: RegExp) => ({ code: "device", message });

for (const wireName of wireNames) {
  for (const lateMs of [20, 60, 200, 330])
    test(`${wireName}: an answer ${lateMs} ms too late is never taken for that of the next query`, async (context) => {
      const { instrument, device } = await bench(
        context,
        wireName,
        describe({ connection: "query_retries = 0" }),
      );
      let slow = true;
      instrument.misbehaviour = async (line) => {
        if (line === "POW?" && slow) {
          slow = false;
          await wait(answerMs + lateMs);
        }
        return undefined;
      };
      await assert.rejects(readings(device), failure(/device0 .* did not answer "POW\?" within 150 ms/));
      const after: unknown[] = [];
      // While it is still busy it may fail; it never gives what belongs to another question.
      for (let time = 0; time < 6 && after.length < 2; time++)
        await readings(device).then(
          (values) => after.push(values),
          () => {},
        );
      assert.deepEqual(after, [
        [1.5, 20.5],
        [1.5, 20.5],
      ]);
    });

  test(`${wireName}: a late answer is not taken for the next one without an identity either`, async (context) => {
    const description = describe({ connection: "query_retries = 0", identity: "" });
    const { instrument, device } = await bench(context, wireName, description);
    let slow = true;
    instrument.misbehaviour = async (line) => {
      if (line === "TEMP?" && slow) {
        slow = false;
        await wait(answerMs + 20);
      }
      return undefined;
    };
    await assert.rejects(readings(device), failure(/TEMP/));
    assert.deepEqual(await readings(device), [1.5, 20.5]);
  });

  test(`${wireName}: an answer that comes in pieces is one answer`, async (context) => {
    const { instrument, device } = await bench(context, wireName, describe());
    instrument.misbehaviour = async (line, answer, wire) => {
      if (line !== "POW?") return undefined;
      for (const character of `${answer}\r\n`) {
        wire.send(character);
        await wait(10);
      }
      return "handled";
    };
    assert.deepEqual(await readings(device), [1.5, 20.5]);
  });

  test(`${wireName}: the beginning of an answer that broke off is not put in front of the next`, async (context) => {
    const { instrument, device } = await bench(context, wireName, describe());
    let broken = false;
    instrument.misbehaviour = (line, _answer, wire) => {
      if (line !== "POW?" || broken) return undefined;
      broken = true;
      wire.send("7");
      return "handled";
    };
    assert.deepEqual(await readings(device), [1.5, 20.5]);
    assert.equal(instrument.told.filter((line) => line === "POW?").length, 2);
  });

  test(`${wireName}: a garbled answer is asked for again, and then named`, async (context) => {
    const { instrument, device } = await bench(context, wireName, describe());
    let times = 1;
    instrument.misbehaviour = (line, _answer, wire) => {
      if (line !== "TEMP?" || times-- <= 0) return undefined;
      wire.send("2\u0007#.5\n");
      return "handled";
    };
    assert.deepEqual(await readings(device), [1.5, 20.5]);
    times = 2;
    await assert.rejects(
      readings(device),
      failure(/device0 .* answered "TEMP\?" with "2\\u0007#\.5", which is not a number/),
    );
    assert.deepEqual(await readings(device), [1.5, 20.5]);
  });

  test(`${wireName}: lines that nobody asked for are no answers`, async (context) => {
    const { instrument, device } = await bench(context, wireName, describe());
    instrument.misbehaviour = (line, answer, wire) => {
      if (line.endsWith("?")) wire.send(`INTERLOCK OPEN\n${answer}\n99\n`);
      return "handled";
    };
    // The first answer has a line behind it that could pass for the next one.
    assert.deepEqual(await readings(device), [1.5, 20.5]);
    instrument.misbehaviour = () => undefined;
    instrument.wire!.send("17\n1");
    await wait(20);
    instrument.wire!.send("8\n");
    assert.deepEqual(await readings(device), [1.5, 20.5]);
  });

  test(`${wireName}: a connection that breaks in the middle of an answer is opened again for a query`, async (context) => {
    const { instrument, device, wire } = await bench(
      context,
      wireName,
      describe({ connection: 'initial = "FORMAT 1"' }),
    );
    let times = 1;
    instrument.misbehaviour = (line, _answer, broken) => {
      if (line !== "POW?" || times-- <= 0) return undefined;
      broken.send("1.");
      broken.hangUp();
      if (wireName === "serial") void wire.bringBack();
      return "handled";
    };
    assert.deepEqual(await readings(device), [1.5, 20.5]);
    assert.equal(instrument.connections, 2);
    assert.equal(instrument.told.filter((line) => line === "FORMAT 1").length, 2);
  });

  test(`${wireName}: is found again after it was taken away, and says so meanwhile`, async (context) => {
    const { device, wire } = await bench(context, wireName, describe());
    assert.deepEqual(await readings(device), [1.5, 20.5]);
    wire.takeAway();
    await wait(20);
    await assert.rejects(readings(device), failure(/device0|refused|no such port/));
    await assert.rejects(readings(device), failure(/device0|refused|no such port/));
    await wire.bringBack();
    assert.deepEqual(await readings(device), [1.5, 20.5]);
  });

  test(`${wireName}: a command is sent once, also when the connection breaks over it`, async (context) => {
    const { instrument, device, wire } = await bench(context, wireName, describe({ errors: "[errors]" }));
    instrument.misbehaviour = (line, _answer, broken) => {
      if (line !== "ON") return undefined;
      broken.hangUp();
      return "handled";
    };
    await assert.rejects(device.setEmission(true, signal), failure(/device0|refused|no such port/));
    instrument.misbehaviour = () => undefined;
    if (wireName === "serial") await wire.bringBack();
    assert.deepEqual(await readings(device), [1.5, 20.5]);
    assert.equal(instrument.told.filter((line) => line === "ON").length, 1);
  });

  test(`${wireName}: names all errors of the queue, and leaves none for the next command`, async (context) => {
    const { acme, device } = await bench(context, wireName, describe({ errors: "[errors]" }));
    acme.errors.push('-113,"Undefined header"', '-222,"Data out of range"', '-350,"Queue overflow"');
    await assert.rejects(
      device.setEmission(true, signal),
      failure(/refused "ON": -113,"Undefined header"; -222,"Data out of range"; -350,"Queue overflow"/),
    );
    await device.setEmission(true, signal);
  });

  test(`${wireName}: refuses another instrument, by what it answers`, async (context) => {
    const instrument = new SimulatedInstrument((line) => (line === "*IDN?" ? "OTHER,Thing,1,2" : "1"));
    const { settings } = await wired(context, wireName, instrument);
    const device = unconnected({ description: describe(), ...settings });
    context.after(() => device.disconnect());
    await assert.rejects(
      device.connect(signal),
      failure(/device0 .* answered \*IDN\? with "OTHER,Thing,1,2", which does not match \/\^ACME,\//),
    );
  });

  test(`${wireName}: takes no echo for an answer, and misses one that should be there`, async (context) => {
    const { instrument, device } = await bench(context, wireName, describe());
    await device.disconnect();
    instrument.misbehaviour = (line, _answer, wire) => {
      wire.send(`${line}\r\n`);
      return undefined;
    };
    const wire = await wired(context, wireName, instrument);
    const echoing = (await connected(context, {
      description: describe({ connection: "echo = true" }),
      ...wire.settings,
    })) as Instrument;
    await echoing.setEmission(true, signal);
    assert.deepEqual(await readings(echoing), [1.5, 20.5]);
    instrument.misbehaviour = () => undefined;
    await assert.rejects(
      echoing.setEmission(true, signal),
      failure(/did not repeat "ON".*is not sent again/),
    );
    assert.equal(instrument.told.filter((line) => line === "ON").length, 2);
  });

  test(`${wireName}: is made safe at once and in full by an instrument that answers nothing`, async (context) => {
    const { instrument, device } = await bench(context, wireName, describe({ errors: "[errors]" }));
    instrument.misbehaviour = () => "handled";
    const stuck = readings(device);
    stuck.catch(() => {});
    const waiting = device.stage(signal);
    waiting.catch(() => {});
    await wait(20);
    const safe = device.makeSafe(signal);
    await assert.rejects(safe, failure(/SAFE/));
    const told = instrument.told.filter((line) => line.startsWith("SAFE") || line.startsWith("READY"));
    assert.deepEqual(told.slice(0, 2), ["SAFE 1", "SAFE 2"]);
    await Promise.allSettled([stuck, waiting]);
  });
}

test("serial: an identity that was asked for twice does not pass for the text that is asked for next", async (context) => {
  const text = `[instrument]\nname = "Acme"\n[connection]\ntimeout_ms = ${answerMs}\nquiet_ms = 30\nquery_retries = 0
[identity]\npattern = "^ACME,"\n[readings.mode]\nquery = "MODE?"\ntype = "text"\n`;
  const instrument = new SimulatedInstrument((line) => (line === "MODE?" ? "POWER" : "ACME,1"));
  const wire = await wired(context, "serial", instrument);
  const description = descriptionFile(mkdtempSync(join(folder, "d-")), text);
  const device = (await connected(context, { description, ...wire.settings })) as Instrument;
  let stuck = true;
  instrument.misbehaviour = async (line) => {
    // It hangs for longer than two identities are waited for, and then takes its time over each answer.
    await wait(stuck && line === "MODE?" ? 3 * answerMs : 60);
    stuck = false;
    return undefined;
  };
  const modes: unknown[] = [];
  for (let time = 0; time < 8 && modes.length < 2; time++)
    await device.read(signal).then(
      ({ device0_mode: mode }) => modes.push(mode?.value),
      () => {},
    );
  assert.deepEqual(modes, ["POWER", "POWER"]);
});

test("asks the error queue why there was no answer", async (context) => {
  const description = describe({
    errors: '[errors]\nwhen = "after-failures"',
    connection: "query_retries = 0",
  });
  const { acme, device } = await bench(context, "tcp", description);
  acme.errors.push('-410,"Query INTERRUPTED"');
  delete acme.values["POW?"];
  await assert.rejects(
    readings(device),
    failure(/did not answer "POW\?" within 150 ms; its error queue says: -410,"Query INTERRUPTED"/),
  );
});

test("keeps the rest between two messages that an instrument needs", async (context) => {
  const { device, instrument } = await bench(context, "tcp", describe({ connection: "pacing_ms = 60" }));
  const times: number[] = [];
  instrument.misbehaviour = () => {
    times.push(performance.now());
    return undefined;
  };
  await device.stage(signal);
  await readings(device);
  const rests = times.slice(1).map((time, index) => time - times[index]!);
  assert.equal(rests.length, 3);
  assert.ok(
    rests.every((rest) => rest > 50),
    String(rests),
  );
});

test("an abort is obeyed at once, and the answer that nobody wants is not taken for another", async (context) => {
  const { instrument, device } = await bench(context, "tcp", describe());
  instrument.misbehaviour = async (line) => {
    if (line === "POW?") await wait(80);
    return undefined;
  };
  const abort = new AbortController();
  const reading = device.read(abort.signal);
  await wait(20);
  const startedMs = performance.now();
  abort.abort(new Error("enough"));
  await assert.rejects(reading, /enough/);
  assert.ok(performance.now() - startedMs < 50);
  assert.deepEqual(await readings(device), [1.5, 20.5]);
});

test("a command that was given up while it waited for its turn is not sent", async (context) => {
  const { instrument, device } = await bench(context, "tcp", describe());
  instrument.misbehaviour = async (line) => {
    if (line === "POW?") await wait(80);
    return undefined;
  };
  const reading = readings(device);
  await wait(20);
  const abort = new AbortController();
  const command = device.setEmission(true, abort.signal);
  abort.abort(new Error("enough"));
  await assert.rejects(command, /enough/);
  await reading;
  await readings(device);
  assert.ok(!instrument.told.includes("ON"));
});

test("says that it is not connected, before and after", async (context) => {
  const { device, instrument, wire } = await bench(context, "tcp", describe());
  await device.connect(signal);
  assert.equal(instrument.connections, 1);
  await device.disconnect();
  await device.disconnect();
  await assert.rejects(readings(device), failure(/device0 .* is not connected/));
  const other = unconnected({ description: describe(), ...wire.settings }) as Instrument;
  await assert.rejects(readings(other), failure(/is not connected/));
});

test("ends what is under way when it is disconnected", async (context) => {
  const { instrument, device } = await bench(context, "tcp", describe());
  instrument.misbehaviour = () => "handled";
  const reading = readings(device);
  reading.catch(() => {});
  await wait(20);
  const startedMs = performance.now();
  await device.disconnect();
  await assert.rejects(reading, failure(/device0/));
  assert.ok(performance.now() - startedMs < answerMs);
});

test("gives up on an instrument that never stops talking, with a reason", async (context) => {
  const instrument = new SimulatedInstrument(() => undefined);
  const { settings } = await wired(context, "tcp", instrument);
  const talking = setInterval(() => instrument.wire?.send("1.0\n"), 5);
  context.after(() => clearInterval(talking));
  const device = unconnected({ description: describe({ quietMs: 150 }), ...settings });
  context.after(() => device.disconnect());
  await assert.rejects(device.connect(signal), failure(/sends without being asked, and does not stop/));
});

test("says what is wrong with a port that is not there, and with one that is in use", async (context) => {
  const missing = unconnected({ description: describe(), serial: join(folder, "ttyUSB9") });
  await assert.rejects(missing.connect(signal), failure(/ttyUSB9: there is no such port/));
  const { settings } = await wired(context, "serial", new SimulatedInstrument(new Acme().respond));
  await connected(context, { description: describe(), ...settings });
  const second = unconnected({ description: describe(), ...settings });
  await assert.rejects(second.connect(signal), failure(/another program has the port open/));
});
