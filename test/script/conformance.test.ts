import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { debugValue, ScriptEngine, ScriptError } from "../../src/script/index.ts";

/** Each line is a script; `//=>` gives its value as `debug` shows it, `//!>` the kind of its error. */
const folder = join(import.meta.dirname, "conformance");

type Case = { readonly where: string; readonly script: string; readonly expected: string };

const cases = readdirSync(folder).flatMap((file) =>
  readFileSync(join(folder, file), "utf8")
    .split("\n")
    .flatMap((line, index): Case[] => {
      if (line === "") return [];
      const found = /^(.*) (\/\/[=!]> .*)$/.exec(line);
      assert.ok(found !== null, `${file}:${index + 1} says nothing about what it expects`);
      return [{ where: `${file}:${index + 1}`, script: found[1]!, expected: found[2]! }];
    }),
);

async function outcomeOf(script: string): Promise<string> {
  try {
    return `//=> ${debugValue(await new ScriptEngine({ print: () => {} }).run(script))}`;
  } catch (error) {
    if (error instanceof ScriptError) return `//!> ${error.kind}`;
    throw error;
  }
}

test("the suite has at least 400 cases", () => {
  assert.ok(cases.length >= 400, `${cases.length} cases`);
});

describe("the language does what the Rhai book says", () => {
  for (const { where, script, expected } of cases) {
    test(`${where} ${script}`, async () => {
      assert.equal(await outcomeOf(script), expected);
    });
  }
});
