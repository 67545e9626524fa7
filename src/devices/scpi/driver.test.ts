import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { descriptionFile, unconnected } from "../../../test/instruments/connected-instrument.ts";
import { maiTai, newportMeter } from "../../../test/instruments/instrument-models.ts";
import { SimulatedInstrument } from "../../../test/instruments/simulated-instrument.ts";
import { wired } from "../../../test/instruments/wires.ts";
import { loadConfig } from "../../config/load-config.ts";
import { DaqError } from "../../model/errors.ts";
import type { SettingValues } from "../../model/setting.ts";
import { MemorySink } from "../../testing/memory-sink.ts";
import { type RunOptions, startSource } from "../../testing/run-source.ts";
import type { Movable } from "../capabilities.ts";
import { systemClock } from "../system-clock.ts";
import { scpiDriver } from "./driver.ts";

const folder = mkdtempSync(join(tmpdir(), "daq-scpi-"));
after(() => rmSync(folder, { recursive: true }));
const signal = new AbortController().signal;

function start(settings: SettingValues, more: RunOptions = {}) {
  return startSource(scpiDriver, { clock: systemClock, settings, ...more });
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `waited in vain: ${what}`);
    await wait(5);
  }
}

async function meterAt(context: TestContext) {
  const { respond, state } = newportMeter();
  const instrument = new SimulatedInstrument(respond, "\r\n");
  return { ...(await wired(context, "tcp", instrument)), instrument, state };
}

test("records the readings of an instrument, with their units and the times of the answers", async (context) => {
  const { settings } = await meterAt(context);
  const startedNs = systemClock.nowNs();
  const { stream, warnings, done } = start(
    { description: "newport.1830-c", rate_hz: 50, ...settings },
    { recordLimit: 5 },
  );
  await done;
  assert.deepEqual([...(stream.values("device0") as Float64Array)], Array(5).fill(0.75e-3));
  assert.equal(stream.schema.columns[0]?.unit, "W");
  assert.match(stream.schema.source, /^scpi: Newport 1830-C at 127\.0\.0\.1:\d+$/);
  assert.deepEqual(warnings, []);
  assert.ok(stream.timestampsNs.every((time, index) => time > (stream.timestampsNs[index - 1] ?? startedNs)));
});

test("records the axis, its readings, and states as true and false", async (context) => {
  const instrument = new SimulatedInstrument(maiTai(100).respond);
  const { settings } = await wired(context, "tcp", instrument);
  const { stream, done } = start(
    { description: "spectra-physics.maitai", rate_hz: 20, ...settings },
    { recordLimit: 2 },
  );
  await done;
  assert.deepEqual(
    stream.schema.columns.map(({ name, dtype }) => [name, dtype]),
    [
      ["device0", "float64"],
      ["device0_power", "float64"],
      ["device0_shutter", "bool"],
    ],
  );
  assert.deepEqual([...(stream.values("device0") as Float64Array)], [800, 800]);
  assert.deepEqual(stream.elements("device0_shutter"), [false, false]);
});

test("records texts and choices as texts; one without room is a lost record that says which", async (context) => {
  const notes = ["stable", "", "much longer than announced", "21 °C"];
  let asked = 0;
  const instrument = new SimulatedInstrument(
    (line) => (line === "STAT?" ? notes[asked++ % notes.length] : line === "MODE?" ? "2" : undefined),
    "\n",
  );
  const { settings } = await wired(context, "tcp", instrument);
  const description = descriptionFile(
    mkdtempSync(join(folder, "notes-")),
    `[instrument]\nname = "Acme"\n[readings.state]\nquery = "STAT?"\ntype = "text"\nmax_bytes = 8
[readings.mode]\nquery = "MODE?"\ntype = "choice"\nchoices = { "1" = "cw", "2" = "pulsed" }\n`,
  );
  const { stream, warnings, done } = start({ description, rate_hz: 50, ...settings }, { recordLimit: 4 });
  await done;
  assert.deepEqual(
    stream.schema.columns.map(({ name, dtype, maxBytes }) => [name, dtype, maxBytes]),
    [
      ["device0_state", "string", 8],
      ["device0_mode", "string", 6],
    ],
  );
  assert.deepEqual(stream.elements("device0_state"), ["stable", "", "21 °C"]);
  assert.deepEqual(stream.elements("device0_mode"), ["pulsed", "pulsed", "pulsed"]);
  const [lost] = stream.account.ranges;
  assert.deepEqual([lost!.first, lost!.count, lost!.reason], [2, 1, "device"]);
  assert.match(lost!.detail!, /device0_state is 26 bytes long in UTF-8, where 8 fit: "much longer/);
  assert.equal(warnings.length, 1);
});

test("a reading without an answer is a lost record with its reason, and the next one is there", async (context) => {
  const { settings, instrument } = await meterAt(context);
  let readings = 0;
  instrument.misbehaviour = (line) => (line === "D?" && [2, 3].includes(++readings) ? "handled" : undefined);
  const { stream, warnings, done } = start(
    { description: "newport.1830-c", rate_hz: 50, timeout_ms: 60, ...settings },
    { recordLimit: 4 },
  );
  await done;
  assert.deepEqual([stream.account.produced, stream.stored, stream.account.lost], [4, 3, 1]);
  assert.match(stream.account.ranges[0]?.detail ?? "", /did not answer "D\?" within 60 ms/);
  assert.equal(warnings.length, 1);
});

test("a value that the instrument does not have is stored as missing", async (context) => {
  const { settings, state } = await meterAt(context);
  state.watts = "9.91E37";
  const { stream, done } = start({ description: "newport.1830-c", ...settings }, { recordLimit: 1 });
  await done;
  assert.deepEqual([...stream.validity("device0")], [0]);
});

test("a reading that the ring refuses is accounted for as lost, and ends the recording", async (context) => {
  const { settings } = await meterAt(context);
  const full = new DaqError("ring-full", "The ring stayed full.");
  let calls = 0;
  const { stream, done } = start(
    { description: "newport.1830-c", ...settings },
    { backPressure: () => (calls++ === 0 ? Promise.reject(full) : undefined) },
  );
  await assert.rejects(done, full);
  assert.deepEqual([stream.account.produced, stream.account.lost], [1, 1]);
});

test("stops at once, and leaves the instrument", async (context) => {
  const { settings, instrument } = await meterAt(context);
  const controller = new AbortController();
  const { stream, done } = start(
    { description: "newport.1830-c", rate_hz: 100, ...settings },
    { signal: controller.signal },
  );
  await until("the first record", () => stream.stored > 0);
  instrument.misbehaviour = () => "handled";
  await wait(30);
  const askedMs = performance.now();
  controller.abort();
  await done;
  assert.ok(performance.now() - askedMs < 500);
  assert.equal(stream.account.lost, 0);
});

test("an instrument that is not there ends the recording with its address", async () => {
  const { done } = start({ description: "newport.1830-c", tcp: "127.0.0.1:1" });
  await assert.rejects(done, { code: "device", message: /127\.0\.0\.1:1 refused/ });
});

const refused: readonly [behaviour: string, settings: SettingValues, message: RegExp][] = [
  ["no address", {}, /expected one of "tcp" and "serial", found none/],
  ["two addresses", { tcp: "a:1", serial: "/dev/ttyUSB0" }, /found both/],
  ["an address without a port", { tcp: "192.168.0.20" }, /expected "host:port"/],
  ["a port beyond the last", { tcp: "a:65536" }, /expected "host:port"/],
  [
    "wider limits than the instrument has",
    { tcp: "a:1", limits: [600, 700] },
    /600 to 700 are wider than the described 690 to 1040/,
  ],
];
for (const [behaviour, settings, message] of refused)
  test(`refuses ${behaviour}`, () => {
    assert.throws(() => unconnected({ description: "spectra-physics.maitai", ...settings }), {
      code: "config",
      message,
    });
  });

test("refuses limits for an instrument without an axis", () => {
  assert.throws(() => unconnected({ description: "newport.1830-c", tcp: "a:1", limits: [0, 1] }), {
    code: "config",
    message: /"limits" are those of an axis, and Newport 1830-C has none/,
  });
});

test("keeps to narrower limits", async () => {
  const laser = unconnected({
    description: "spectra-physics.maitai",
    tcp: "[::1]:1",
    limits: [710, 990],
  }) as unknown as Movable;
  assert.deepEqual(laser.axis, { unit: "nm", limits: [710, 990] });
  await assert.rejects(laser.moveTo(1000, signal), { code: "device", message: /limits are 710 to 990 nm/ });
});

test("a description of one's own lies beside the configuration, and its mistakes have file and line", async () => {
  const beside = join(folder, "lab");
  mkdirSync(beside);
  const good = '[instrument]\nname = "Acme"\n[readings.power]\nquery = "POW?"\n';
  const description = descriptionFile(beside, good);
  const path = join(beside, "config.toml");
  const text =
    '[[devices]]\nid = "laser"\ndriver = "scpi"\ntcp = "127.0.0.1:1"\ndescription = "instrument.toml"\n';
  writeFileSync(path, text);
  const { config } = await loadConfig({ path, env: {}, flags: {} });
  assert.equal(config.devices[0]!.settings.description, description);
  descriptionFile(beside, good.replace("query", "qery"));
  await assert.rejects(loadConfig({ path, env: {}, flags: {} }), {
    code: "config",
    message: new RegExp(`${description}:4: \\[readings\\.power\\] qery: unknown key; did you mean "query"`),
  });
});

test("an instrument without a number to read is one for plans only", async () => {
  const description = descriptionFile(
    mkdtempSync(join(folder, "shutter-")),
    '[instrument]\nname = "Acme Shutter"\n[shutter]\nopen = "S1"\nclose = "S0"\n',
  );
  const text = `[[devices]]\nid = "shutter0"\ndriver = "scpi"\ntcp = "127.0.0.1:1"\ndescription = "${description}"\n`;
  const { config } = await loadConfig({ path: "daq.toml", text, env: {}, flags: {} });
  const source = scpiDriver.create("shutter0", config.devices[0]!.settings);
  assert.deepEqual(source.streams, []);
  const warnings: string[] = [];
  await source.run({
    sink: new MemorySink(),
    clock: systemClock,
    signal,
    warn: (message) => warnings.push(message),
  });
  assert.match(warnings.join(), /shutter0: Acme Shutter has no reading, so nothing of it is recorded/);
});

test("a misspelt description is a mistake of the configuration, with its line", async () => {
  const text =
    '[[devices]]\nid = "laser"\ndriver = "scpi"\ntcp = "127.0.0.1:1"\ndescription = "newport.1830"\n';
  await assert.rejects(loadConfig({ path: "daq.toml", text, env: {}, flags: {} }), {
    code: "config",
    message:
      /^daq\.toml:5: \[\[devices\]\] "laser" description: there is no description "newport\.1830"; did you mean "newport\.1830-c"/,
  });
});

test("an axis that does not settle says where it is, and can still be stopped", async (context) => {
  let position = 0;
  const instrument = new SimulatedInstrument((line) => {
    if (line === "P?") return String(position);
    if (line.startsWith("P ")) position = 3;
    return line === "BUSY?" ? "2" : undefined;
  });
  const { settings } = await wired(context, "tcp", instrument);
  const axis = `[instrument]\nname = "Stage"\n[axis]\nset = "P {value}"\nquery = "P?"\nunit = "mm"\nstop = "HALT"\n[axis.settle]\ninterval_ms = 10\ntimeout_ms = 80\n`;
  const ends: [settle: string, message: RegExp][] = [
    ["within = 0.1", /device0 did not settle at 5 mm within 0\.08 s: P\? gives 3\./],
    ['query = "BUSY?"\nbit = 1\nbit_set = false', /BUSY\? gives 2\./],
    ['query = "BUSY?"\npattern = "^0$"', /BUSY\? gives 2\./],
  ];
  for (const [settle, message] of ends) {
    const description = descriptionFile(mkdtempSync(join(folder, "axis-")), axis + settle);
    const stage = unconnected({ description, ...settings });
    context.after(() => stage.disconnect());
    await stage.connect(signal);
    const movable = stage as typeof stage & Movable;
    await assert.rejects(movable.moveTo(5, signal), { code: "device", message });
    await movable.stop();
    await wait(20);
    assert.equal(instrument.told.at(-1), "HALT");
    await movable.stop();
    await movable.position(signal);
    assert.equal(
      instrument.told.filter((line) => line === "HALT").length,
      ends.findIndex(([one]) => one === settle) + 1,
    );
  }
});
