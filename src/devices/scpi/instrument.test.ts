import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connected, unconnected } from "../../../test/instruments/connected-instrument.ts";
import { maiTai, newportMeter } from "../../../test/instruments/instrument-models.ts";
import { PseudoTerminal } from "../../../test/instruments/pseudo-terminal.ts";
import { type ServedInstrument, serveInstrument } from "../../../test/instruments/serve-instrument.ts";
import { SimulatedInstrument } from "../../../test/instruments/simulated-instrument.ts";
import { deviceContract } from "../../testing/device-contract.ts";
import { can } from "../capabilities.ts";

const signal = new AbortController().signal;

const laser = maiTai(400);
const overTcp = new SimulatedInstrument(laser.respond);
const overSerial = new SimulatedInstrument(maiTai(400).respond);
const meter = new SimulatedInstrument(newportMeter().respond, "\r\n");
let served: ServedInstrument;
const laserPort = new PseudoTerminal(overSerial);
const meterPort = new PseudoTerminal(meter);
before(async () => {
  served = await serveInstrument(overTcp);
});
after(() => {
  served.stop();
  laserPort.remove();
  meterPort.remove();
});

const description = "spectra-physics.maitai";
const movement = { from: 760, to: 900, within: 0.5 };

deviceContract("a Mai Tai over TCP", {
  create: () => connected({ after }, { description, tcp: `127.0.0.1:${served.port}` }),
  movement,
});

// A port is open once: each test has it for itself.
let onSerial: Awaited<ReturnType<typeof connected>> | undefined;
async function alone(settings: Parameters<typeof unconnected>[0]) {
  await onSerial?.disconnect();
  onSerial = unconnected(settings);
  await onSerial.connect(signal);
  return onSerial;
}
after(() => onSerial?.disconnect());

deviceContract("a Mai Tai on a serial port", {
  create: () => alone({ description, serial: laserPort.path }),
  movement,
});

deviceContract("a Newport 1830-C on a serial port", {
  create: () => alone({ description: "newport.1830-c", serial: meterPort.path }),
});

test("has the methods of what is described, and no others", () => {
  const abilities = [
    "movable",
    "wavelength-selective",
    "shutter",
    "emitting",
    "guarded",
    "parameterised",
  ] as const;
  const of = (name: string) => {
    const device = unconnected({ description: name, tcp: "127.0.0.1:1" });
    return abilities.filter((ability) => can(device, ability));
  };
  assert.deepEqual(of(description), ["movable", "shutter", "emitting", "guarded", "parameterised"]);
  assert.deepEqual(of("newport.1830-c"), ["wavelength-selective", "parameterised"]);
});

test("reads a laser as it is described: set point, read-back, power and shutter, with their units", async (context) => {
  const device = await connected(context, { description, tcp: `127.0.0.1:${served.port}` });
  assert.ok(
    can(device, "movable") && can(device, "shutter") && can(device, "emitting") && can(device, "guarded"),
  );
  await device.setEmission(true, signal);
  await device.setOpen(true, signal);
  await device.moveTo(800, signal);
  const quantities = await device.describe(signal);
  assert.deepEqual(quantities.device0, {
    dtype: "float64",
    unit: "nm",
    precision: 0,
    limits: [690, 1040],
    source: "Spectra-Physics Mai Tai: READ:WAVelength?",
  });
  assert.equal(quantities.device0_power?.unit, "W");
  const values = Object.entries(await device.read(signal)).map(([name, { value }]) => [name, value]);
  assert.deepEqual(Object.fromEntries(values), {
    device0: 800,
    device0_setpoint: 800,
    device0_power: 1.85,
    device0_shutter: true,
  });
  await device.makeSafe(signal);
  assert.deepEqual([laser.state.shutter, laser.state.emission], [false, false]);
});

test("reads a meter that begins with an echo, and tells it the wavelength in its own spelling", async (context) => {
  const { respond, state } = newportMeter();
  const instrument = new SimulatedInstrument(respond, "\r\n");
  const port = new PseudoTerminal(instrument);
  context.after(() => port.remove());
  const device = await connected(context, { description: "newport.1830-c", serial: port.path });
  assert.ok(can(device, "readable") && can(device, "wavelength-selective") && can(device, "parameterised"));
  assert.equal((await device.read(signal)).device0?.value, 0.75e-3);
  await device.setWavelength(780, signal);
  const parameters = await device.readParameters(signal);
  assert.equal(parameters.wavelength?.value, 780);
  assert.equal(parameters.filter?.value, "medium");
  assert.equal(state.wavelength, "0780");
  await assert.rejects(device.setWavelength(300, signal), { code: "device", message: /300 nm/ });
});
