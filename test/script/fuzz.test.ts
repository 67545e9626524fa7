import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ScriptEngine, ScriptError } from "../../src/script/index.ts";
import { randomFrom } from "./random-from.ts";

const folder = join(import.meta.dirname, "conformance");
const scripts = readdirSync(folder)
  .flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n"))
  .filter((line) => line !== "")
  .map((line) => line.replace(/ \/\/[=!]> .*$/, ""))
  // A mutation may make a pause of any length out of one.
  .filter((line) => !line.includes("sleep"));

const pieces = [
  ...[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "`",
    "${",
    '"',
    "'",
    "#{",
    "|",
    "||",
    "?.",
    "??",
    "..",
    "..=",
    "**",
    "::",
    "=>",
  ],
  ...[
    "fn ",
    "let ",
    "if ",
    "switch ",
    "loop ",
    "while ",
    "for ",
    "try ",
    "catch ",
    "throw ",
    "return ",
    "break ",
  ],
  ...[
    "0",
    "-1",
    "9223372036854775807",
    "1e308",
    "0x",
    "this",
    "global::",
    "é",
    "\u0000",
    "\ud800",
    "/*",
    "\\",
    "\n",
  ],
];

function mutated(random: (below: number) => number): string {
  let script = scripts[random(scripts.length)]!;
  for (let count = 1 + random(4); count > 0; count--) {
    const at = random(script.length + 1);
    const length = random(8);
    const other = scripts[random(scripts.length)]!;
    switch (random(5)) {
      case 0:
        script = script.slice(0, at) + script.slice(at + length);
        break;
      case 1:
        script = script.slice(0, at) + pieces[random(pieces.length)]! + script.slice(at);
        break;
      case 2:
        script = script.slice(0, at) + other.slice(random(other.length)) + script.slice(at);
        break;
      case 3:
        script =
          script.slice(0, at) + script.slice(Math.max(0, at - length), at).repeat(3) + script.slice(at);
        break;
      default:
        script = `${script}; ${other}`;
    }
  }
  return script;
}

const limits = {
  operations: 20_000,
  wallSeconds: 1,
  stringLength: 10_000,
  arrayLength: 10_000,
  mapSize: 1000,
};

test("mutated scripts end with a value or a ScriptError, never otherwise, and soon", async () => {
  const random = randomFrom(20_260_125);
  let parsed = 0;
  for (let round = 0; round < 4000; round++) {
    const script = mutated(random);
    const startedAt = performance.now();
    try {
      const engine = new ScriptEngine({ limits, print: () => {}, debug: () => {} });
      const program = engine.compile(script);
      parsed++;
      await engine.run(program);
    } catch (error) {
      assert.ok(error instanceof ScriptError, `${JSON.stringify(script)}: ${String((error as Error).stack)}`);
      assert.notEqual(error.message, "");
    }
    assert.ok(performance.now() - startedAt < 1500, `${JSON.stringify(script)} took too long`);
  }
  // Otherwise nothing but the parser was tested.
  assert.ok(parsed > 500, `${parsed} scripts were run`);
});

const deep: readonly string[] = [
  "(".repeat(100_000),
  "[".repeat(100_000),
  "{".repeat(100_000),
  "-".repeat(1).concat(" -".repeat(50_000), "1"),
  "!".concat(" !".repeat(50_000), "true"),
  `1${"+1".repeat(100_000)}`,
  `a${".b".repeat(100_000)}`,
  `a${"?.b".repeat(50_000)}`,
  `a${"[0]".repeat(100_000)}`,
  "if true {} ".concat("else if true {} ".repeat(20_000)),
  "|x| ".repeat(50_000),
  "`${".repeat(50_000),
  `2${" ** 2".repeat(50_000)}`,
  "/*".repeat(100_000),
  "#".repeat(100_000),
  `let x = ${"if true { ".repeat(10_000)}`,
  "return ".repeat(50_000),
  "\u0000",
  "\ufeff",
];

for (const script of deep) {
  test(`what is nested without end is refused or run, not crashed on: ${JSON.stringify(script.slice(0, 20))}`, async () => {
    const engine = new ScriptEngine({ limits, print: () => {} });
    try {
      await engine.run(script);
    } catch (error) {
      assert.ok(error instanceof ScriptError, String(error).slice(0, 200));
    }
  });
}
