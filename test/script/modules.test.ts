import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { debugValue, ScriptEngine } from "../../src/script/index.ts";

const place = mkdtempSync(join(tmpdir(), "daq-modules-"));
after(() => rmSync(place, { recursive: true, force: true }));

function write(name: string, text: string): void {
  const path = join(place, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

write(
  "scripts/optics.rhai",
  "export const SPEED = 299792458; let hidden = 1; fn double(x) { helper(x) } private fn helper(x) { x * 2 }",
);
write("scripts/deep/inner.rhai", "export let list = [1, 2]; fn both() { global::A + 1 } const A = 4;");
write("scripts/uses.rhai", 'import "optics" as o; fn four(x) { o::double(o::double(x)) }');
write("scripts/loop-a.rhai", 'import "loop-b" as b;');
write("scripts/loop-b.rhai", 'import "loop-a" as a;');
write("scripts/broken.rhai", "let x = ;");
write("scripts/counts.rhai", 'print("loaded"); export let x = 1;');
write("secret.rhai", "export const KEY = 42;");
symlinkSync(join(place, "secret.rhai"), join(place, "scripts", "link.rhai"));
symlinkSync(place, join(place, "scripts", "up"));
symlinkSync(join(place, "scripts", "optics.rhai"), join(place, "scripts", "alias.rhai"));

const printed: string[] = [];
const engine = new ScriptEngine({
  moduleFolder: join(place, "scripts"),
  print: (text) => printed.push(text),
});
const run = async (script: string) => debugValue(await engine.run(script));

test("an imported script shows its functions and what it exports", async () => {
  assert.equal(await run('import "optics" as o; [o::double(4), o::SPEED]'), "[8, 299792458]");
  assert.equal(await run('import "deep/inner" as i; [i::both(), i::list]'), "[5, [1, 2]]");
  assert.equal(await run('import "optics.rhai" as o; o::double(1)'), "2");
});

test("functions see modules that were imported at global level, and modules those that they import", async () => {
  assert.equal(await run('import "optics" as o; fn f() { o::double(3) } f()'), "6");
  assert.equal(await run('import "uses" as u; [u::four(1), u::o::double(5)]'), "[4, 10]");
});

test("what a module does not export stays hidden", async () => {
  await assert.rejects(run('import "optics" as o; o::hidden'), { kind: "ErrorVariableNotFound" });
  await assert.rejects(run('import "optics" as o; o::helper(1)'), { kind: "ErrorFunctionNotFound" });
  await assert.rejects(run('{ import "optics" as o; } o::double(1)'), { kind: "ErrorModuleNotFound" });
});

test("a module runs once, however often it is imported", async () => {
  printed.length = 0;
  await run('import "counts" as a; import "counts" as b; a::x + b::x');
  assert.deepEqual(printed, ["loaded"]);
});

test("a link inside of the folder is followed, one that leads out is not", async () => {
  assert.equal(await run('import "alias" as o; o::double(2)'), "4");
  await assert.rejects(run('import "link" as l; l::KEY'), { kind: "ErrorModuleNotFound" });
});

for (const path of [
  "../secret",
  "deep/../../secret",
  "up/secret",
  join(place, "secret"),
  "/etc/passwd",
  "a\\0b",
  "",
]) {
  test(`no import gets out of the folder: ${JSON.stringify(path.replace(place, ""))}`, async () => {
    await assert.rejects(run(`import "${path.replace("\\0", "\\x00")}" as l; l::KEY`), {
      kind: "ErrorModuleNotFound",
    });
  });
}

test("a module that imports itself in the end, and one that is no script, are failures of the script", async () => {
  await assert.rejects(run('import "loop-a" as a; 1'), { kind: "ErrorModuleNotFound" });
  await assert.rejects(run('import "broken" as b; 1'), {
    kind: "ErrorParsing",
    message: /broken\.rhai, line 1/,
  });
});

test("without a folder, nothing can be imported", async () => {
  await assert.rejects(new ScriptEngine().run('import "optics" as o; 1'), { kind: "ErrorModuleNotFound" });
});

test("exports stand at global level", async () => {
  await assert.rejects(run("{ export let x = 1; }"), { kind: "ErrorParsing" });
});
