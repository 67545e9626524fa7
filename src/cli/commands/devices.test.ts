import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig } from "../../config/load-config.ts";
import { driverNames, loadDriver } from "../../devices/registry.ts";
import { jsonLines, runCommand, temporaryFolder } from "../captured-terminal.test.ts";
import { configuredSources } from "../configured-sources.ts";
import { driverExamples } from "../driver-examples.ts";
import { devicesCommand } from "./devices.ts";

test("lists every driver with what it is", async () => {
  const { code, out } = await runCommand(devicesCommand, []);
  assert.equal(code, 0);
  for (const name of driverNames)
    assert.ok(out.includes(`${name} `) && out.includes((await loadDriver(name)).summary));
  const rows = jsonLines((await runCommand(devicesCommand, ["--json"])).out);
  assert.deepEqual(
    rows.map(({ name }) => name),
    driverNames,
  );
});

test("the example of every driver is a valid configuration of something that records, or that a plan can use", async () => {
  for (const name of driverNames) {
    const text = driverExamples[name] ?? assert.fail(`no example for ${name}`);
    const { config } = await loadConfig({ text, env: {}, flags: {} });
    assert.deepEqual(
      config.devices.map(({ driver }) => driver),
      [name],
    );
    const [source] = await configuredSources(config);
    assert.ok(source!.streams.length === 1 || source!.capabilities.length > 0);
    const { out } = await runCommand(devicesCommand, ["--driver", name]);
    for (const line of text.split("\n")) assert.ok(out.includes(`  ${line}\n`), `${name}: ${line}`);
  }
});

test("a driver's settings come with type, default, unit and meaning", async () => {
  const { out } = await runCommand(devicesCommand, ["--driver", "sim.power_meter"]);
  assert.match(out, /^key +value +default +unit +meaning$/m);
  assert.match(out, /^wavelength_nm +a number of nm +633 +nm +Wavelength/m);
  const tcp = await runCommand(devicesCommand, ["--driver", "tcp"]);
  assert.match(tcp.out, /^port +a whole number from 1 to 65535 +required /m);
});

test("a misspelt driver gets the nearest one", async () => {
  const { code, error } = await runCommand(devicesCommand, ["--driver", "sim.camra"]);
  assert.equal(code, 2);
  assert.match(error, /did you mean "sim\.camera"\?/);
});

test("lists configured devices and their streams, with keys changed on the command line", async (t) => {
  const path = join(temporaryFolder(t), "daq.toml");
  writeFileSync(path, `${driverExamples["sim.camera"]}\n${driverExamples["sim.adc"]}\n`);
  const { out } = await runCommand(devicesCommand, [path, "--set", "devices.camera0.width=100"]);
  assert.match(out, /^camera0 +sim\.camera +camera0 +frames of 480 × 100 uint16 in counts, 30 per second$/m);
  assert.match(
    out,
    /^adc0 +sim\.adc +adc0 +rows of photodiode \(float64, V\), reference \(float64, V\), 10,000 per second$/m,
  );
  const rows = jsonLines((await runCommand(devicesCommand, [path, "--json"])).out);
  assert.deepEqual(
    rows.map(({ id }) => id),
    ["camera0", "adc0"],
  );
});

test("refuses options that would do nothing", async () => {
  const lonely = await runCommand(devicesCommand, ["--set", "storage.format=csv"]);
  assert.equal(lonely.code, 2);
  const both = await runCommand(devicesCommand, ["x.toml", "--driver", "tcp"]);
  assert.equal(both.code, 2);
});
