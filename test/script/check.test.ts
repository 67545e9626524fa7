import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { RunEngine } from "../../src/engine/run-engine.ts";
import { scriptBindings } from "../../src/script/bindings/script-bindings.ts";
import { ScriptSession } from "../../src/script/bindings/script-session.ts";
import { checkBoundScript } from "../../src/script/index.ts";
import { furnished, guideFurniture } from "./laboratory.ts";

const { devices } = await furnished(guideFurniture);

/** The first lines of what is found. */
function found(text: string, known = devices): string[] {
  return checkBoundScript({ text, name: "s" }, known).map(({ message }) => message.split("\n")[0]!);
}

test("functions that do not exist are found, with their place, also where they may never be called", () => {
  assert.deepEqual(found("let x = 1;\nif false { grab(x); }\ntry { x.grab() } catch { }"), [
    "Function not found: grab (s, line 2, column 12)",
    "Function not found: grab (s, line 3, column 9)",
  ]);
  assert.deepEqual(found("fn f() { |x| x.map(|y| nothing(y)) } f()"), [
    "Function not found: nothing (s, line 1, column 24)",
  ]);
});

test("a wrong number of parameters is found, and the right one said", () => {
  const [problem] = checkBoundScript({ text: 'let c = create_camera("camera0", 1);', name: "s" });
  assert.match(problem!.message, /^Function not found: create_camera with 2 parameters/);
  assert.equal(problem!.hint, "create_camera takes 1.");
  assert.deepEqual(
    checkBoundScript({ text: "fn f(a, b) { a + b } f(1); print(1, 2); [1].push(); 5.f(1)", name: "s" }).map(
      ({ summary, hint }) => `${summary}: ${hint}`,
    ),
    [
      "Function not found: f with 1 parameters: f takes 2.",
      "Function not found: print with 2 parameters: print takes 0 or 1.",
      "Function not found: push with 0 parameters: push takes 1.",
    ],
  );
});

test("names that nothing has are found", () => {
  assert.deepEqual(found("let camera = 1; camra + PI() + unit"), [
    "Variable not found: camra (s, line 1, column 17)",
    "Variable not found: unit (s, line 1, column 32)",
  ]);
});

test("devices that are not there, or are of another kind, are found, if it is known which there are", () => {
  const text = 'let a = create_camera("camera1");\nlet b = create_laser("camera0");';
  assert.deepEqual(checkBoundScript({ text, name: "s" }), []);
  const [first, second] = checkBoundScript({ text, name: "s" }, devices);
  assert.match(first!.message, /there is no device "camera1"\. There are: camera0 \(a camera\)/);
  assert.deepEqual(first!.position, { line: 1, column: 9 });
  assert.match(second!.message, /create_laser: camera0 is a camera/);
});

test("what is no script fails with its place", () => {
  assert.throws(() => found("let x = ;"), { kind: "ErrorParsing" });
});

test("what a map may hold, what a variable holds, and what is imported is not called unknown", () => {
  assert.deepEqual(
    found(
      'import "optics" as o; let m = #{ twice: |x| x }; m.twice(1); let f = |x| x; f.call(1); o::far(1, 2); f.curry(1)',
    ),
    [],
  );
});

test("scripts of the conformance suite that run well have nothing wrong", () => {
  const folder = join(import.meta.dirname, "conformance");
  let checked = 0;
  for (const line of readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), "utf8").split("\n"),
  )) {
    const [, script] = /^(.*) \/\/=> /.exec(line) ?? [];
    // One of them catches exactly this.
    if (script === undefined || script.includes("nope")) continue;
    checked++;
    assert.deepEqual(found(script), [], script);
  }
  assert.ok(checked > 400, `${checked} scripts`);
});

test("the page about scripts names every function that there is for devices and runs", async () => {
  const session = new ScriptSession({ devices, engine: new RunEngine() }, { name: "s", named: [] });
  const page = readFileSync(join(import.meta.dirname, "../../docs/scripting.md"), "utf8");
  const names = new Set(scriptBindings(session).map(({ name }) => name));
  assert.ok(names.size > 20);
  assert.deepEqual(
    [...names].filter((name) => !new RegExp(`[\`.]${name}\\(`).test(page)),
    [],
  );
});
