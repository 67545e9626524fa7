import assert from "node:assert/strict";
import { test } from "node:test";
import { DaqError } from "../../model/errors.ts";
import { findDescription, shippedDescriptions } from "./find-description.ts";
import { parseDescription } from "./parse-description.ts";

function problemsOf(text: string): string[] {
  try {
    parseDescription(text, "acme.toml");
  } catch (error) {
    assert.ok(error instanceof DaqError && error.code === "config", String(error));
    return error.message.split("\n");
  }
  return assert.fail(`expected this to be refused:\n${text}`);
}

const start = '[instrument]\nname = "Acme"\n';
const power = '[readings.power]\nquery = "POW?"\n';

const oneProblem: readonly [behaviour: string, text: string, expected: string][] = [
  [
    "a description of nothing",
    start,
    "acme.toml:1: nothing that the instrument can do is described; write at least one of [readings], [parameters], [axis], [wavelength], [shutter], [emission], [states]",
  ],
  [
    "an instrument without a name",
    power,
    'acme.toml:1: [instrument] name: missing; this key is required, for example name = "Acme Laser 3"',
  ],
  [
    "a misspelt table",
    `${start}${power}[shuter]\nopen = "1"\n`,
    "acme.toml:5: [shuter]: unknown table; did you mean [shutter]?",
  ],
  [
    "a key above the tables",
    `baud = 9600\n${start}${power}`,
    'acme.toml:1: "baud": this key stands outside of a table; choose from: [instrument], [connection], [identity], [errors], [readings], [parameters], [axis], [wavelength], [shutter], [emission], [states]',
  ],
  [
    "a misspelt key of a reading",
    `${start}${power}units = "W"\n`,
    'acme.toml:5: [readings.power] units: unknown key; did you mean "unit"?',
  ],
  [
    "a misspelt key of the connection",
    `${start}${power}[connection]\nboud = 9600\n`,
    'acme.toml:6: [connection] boud: unknown key; did you mean "baud"?',
  ],
  [
    "a reading without a query",
    `${start}[readings.power]\nunit = "W"\n`,
    'acme.toml:3: [readings.power] query: missing; this key is required, for example query = "MEAS:VOLT?"',
  ],
  [
    "a reading that is not a table",
    `${start}[readings]\npower = "POW?"\n`,
    "acme.toml:4: [readings] power: expected a table; write [readings.power] above its keys",
  ],
  [
    "a name that no column can have",
    `${start}[readings."a b"]\nquery = "POW?"\n`,
    'acme.toml:3: [readings.a b]: expected a name of letters, digits and "_"',
  ],
  [
    "a pattern that is none",
    `${start}${power}pattern = '(\\d+'\n`,
    "acme.toml:5: [readings.power] pattern: not a regular expression: Invalid regular expression: /(\\d+/: Unterminated group",
  ],
  [
    "limits the wrong way round",
    `${start}${power}limits = [5, 0]\n`,
    "acme.toml:5: [readings.power] limits: expected two numbers, the smaller one first",
  ],
  [
    "a type that does not exist",
    `${start}${power}type = "numbr"\n`,
    'acme.toml:5: [readings.power] type: expected one of "number", "boolean", "text", "choice", found "numbr"; did you mean "number"?',
  ],
  [
    "a choice without choices",
    `${start}${power}type = "choice"\n`,
    'acme.toml:3: [readings.power] choices: missing; type = "choice" needs it',
  ],
  [
    "choices of a number",
    `${start}${power}choices = { "1" = "W" }\n`,
    'acme.toml:5: [readings.power] choices: belongs to type = "choice"',
  ],
  [
    "a bit of a number",
    `${start}${power}bit = 3\n`,
    'acme.toml:5: [readings.power] bit: belongs to type = "boolean"',
  ],
  [
    "a main reading that does not exist",
    `[instrument]\nname = "Acme"\nmain = "powr"\n${power}`,
    'acme.toml:3: [instrument] main: there is no [readings.powr]; did you mean "power"?',
  ],
  [
    "a command without a place for its number",
    `${start}[wavelength]\nset = "W"\nlimits = [400, 1100]\n`,
    "acme.toml:4: [wavelength] set: expected {value} where the number goes",
  ],
  [
    "an axis that settles in no way",
    `${start}[axis]\nset = "P {value}"\nquery = "P?"\n[axis.settle]\ninterval_ms = 10\n`,
    'acme.toml:6: [axis.settle]: expected one of "within", "pattern" and "bit", found none',
  ],
  [
    "an axis that settles in two ways",
    `${start}[axis]\nset = "P {value}"\nquery = "P?"\n[axis.settle]\nwithin = 1\nbit = 0\n`,
    'acme.toml:6: [axis.settle]: expected one of "within", "pattern" and "bit", found more',
  ],
  [
    "a shutter that cannot be closed",
    `${start}[shutter]\nopen = "S 1"\n`,
    'acme.toml:3: [shutter] close: missing; this key is required, for example close = "SHUT 0"',
  ],
  [
    "answers that never end",
    `${start}${power}[connection]\nread_terminator = ""\n`,
    "acme.toml:6: [connection] read_terminator: expected at least one character",
  ],
];

for (const [behaviour, text, expected] of oneProblem)
  test(`refuses ${behaviour}`, () => assert.deepEqual(problemsOf(text), [expected]));

test("refuses a table that is a value", () => {
  assert.deepEqual(problemsOf(`readings = 3\n${start}`), [
    "acme.toml:1: [readings]: expected tables such as [readings.power]",
  ]);
  assert.deepEqual(problemsOf(`axis = 3\n${start}`), [
    "acme.toml:1: [axis]: expected a table, found the whole number 3",
    'acme.toml:1: [axis] set: missing; this key is required, for example set = "WAV {value}"',
    'acme.toml:1: [axis] query: missing; this key is required, for example query = "READ:WAV?"',
  ]);
});

test("lists all mistakes at once, from top to bottom", () => {
  const text = `[instrument]\nnmae = "Acme"\n[readings.power]\nqeury = "POW?"\nprecision = -1\n[identity]\nquery = "*IDN?"\n`;
  const lines = problemsOf(text).map((problem) => problem.split(":")[1]);
  assert.deepEqual(
    lines,
    ["1", "2", "3", "4", "5", "6"].filter((line) => lines.includes(line)),
  );
  assert.ok(lines.length >= 4, String(lines));
});

test("shows what is not TOML with a caret", () => {
  assert.match(
    problemsOf(`${start}[readings.power]\nquery = POW?\n`).join("\n"),
    /^acme\.toml:4: not valid TOML/,
  );
});

test("all shipped descriptions are good", () => {
  const names = shippedDescriptions();
  assert.deepEqual(names, ["newport.1830-c", "spectra-physics.maitai"]);
  for (const name of names) assert.ok(findDescription(name).name.length > 0);
});

test("a misspelt shipped description gets the nearest one, and a missing file its path", () => {
  assert.throws(() => findDescription("newport.1830c"), {
    code: "config",
    message: /there is no description "newport\.1830c"; did you mean "newport\.1830-c"\?/,
  });
  assert.throws(() => findDescription("/nowhere/acme.toml"), {
    code: "config",
    message: "/nowhere/acme.toml: there is no such file.",
  });
});
