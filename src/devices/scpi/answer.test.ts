import assert from "node:assert/strict";
import { test } from "node:test";
import { isBitSet, NoAnswer, readAnswer } from "./answer.ts";
import { assign } from "./command-text.ts";

test("a number is read as instruments write it", () => {
  const spellings: [string, number][] = [
    ["1.5", 1.5],
    ["+.75E-9", 0.75e-9],
    ["-12.", -12],
    [" 800\r", 800],
    ["+1.20000000E+01", 12],
  ];
  for (const [text, value] of spellings) assert.equal(readAnswer(text, { type: "number" }), value);
});

test("what is no number is no answer", () => {
  for (const text of ["", "1.5V", "1,5", "nan", "1e999", "0x10", "1 2", "--1"])
    assert.throws(() => readAnswer(text, { type: "number" }), NoAnswer, text);
});

test("not-a-number and the infinities of SCPI, and what is described as missing, are no value", () => {
  for (const text of ["9.91E37", "9.91E+37", "9.9E37", "-9.9E+37"])
    assert.equal(readAnswer(text, { type: "number" }), null);
  assert.equal(readAnswer("OVER", { type: "number", missing: /^OVER$/ }), null);
  assert.equal(readAnswer("9.9E36", { type: "number" }), 9.9e36);
});

test("a pattern finds the value in its first group, or in all that it matches", () => {
  assert.equal(readAnswer("WAV=800nm", { type: "number", pattern: /^WAV=(\d+)nm$/ }), 800);
  assert.equal(readAnswer("A 12 B", { type: "number", pattern: /\d+/ }), 12);
  assert.throws(() => readAnswer("800W", { type: "number", pattern: /^(\d+)nm$/ }), /does not match/);
});

test("states, bits and choices are what they are called", () => {
  for (const text of ["1", "on", "TRUE"]) assert.equal(readAnswer(text, { type: "boolean" }), true);
  for (const text of ["0", "Off", "false"]) assert.equal(readAnswer(text, { type: "boolean" }), false);
  assert.throws(() => readAnswer("2", { type: "boolean" }), NoAnswer);
  assert.equal(readAnswer("64", { type: "boolean", bit: 6 }), true);
  assert.equal(readAnswer("+63", { type: "boolean", bit: 6 }), false);
  assert.equal(isBitSet("2147483648", 31), true);
  assert.throws(() => isBitSet("6.5", 0), NoAnswer);
  const filter = { type: "choice", choices: { "1": "slow", "2": "fast" } } as const;
  assert.equal(readAnswer("2", filter), "fast");
  for (const text of ["3", "constructor"]) assert.throws(() => readAnswer(text, filter), /none of 1, 2/);
  assert.equal(readAnswer(' "PPOW" ', { type: "text", pattern: /"(.*)"/ }), "PPOW");
});

test("a number is sent as the instrument wants it", () => {
  const commands = ["WAV {value}"];
  assert.deepEqual(assign({ commands }, 800.25), ["WAV 800.25"]);
  assert.deepEqual(assign({ commands, decimals: 0 }, 800.4), ["WAV 800"]);
  assert.deepEqual(assign({ commands, decimals: 0, width: 4 }, 633), ["WAV 0633"]);
  assert.deepEqual(assign({ commands, decimals: 1, width: 6 }, -2.55), ["WAV -002.5"]);
  assert.deepEqual(assign({ commands, decimals: 0 }, -0.2), ["WAV 0"]);
  assert.deepEqual(assign({ commands: ["SEL 1", "POS {value};{value}"] }, 3), ["SEL 1", "POS 3;3"]);
});
