import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ErrorKind, type Limits, ScriptEngine, ScriptError } from "../../src/script/index.ts";

const sizes: Partial<Limits> = { stringLength: 1000, arrayLength: 1000, mapSize: 100 };

async function kindOf(script: string, limits: Partial<Limits>): Promise<ErrorKind | "none"> {
  try {
    await new ScriptEngine({ limits, print: () => {} }).run(script);
    return "none";
  } catch (error) {
    assert.ok(error instanceof ScriptError, String(error));
    return error.kind;
  }
}

/** How long a script goes on after it was told to stop, and how it then ends. */
async function stopped(
  script: string,
  limits: Partial<Limits> = {},
): Promise<{ kind: string; lateMs: number }> {
  const stop = new AbortController();
  let toldAt = Number.NaN;
  setTimeout(() => {
    toldAt = performance.now();
    stop.abort();
  }, 50);
  try {
    await new ScriptEngine({ limits, print: () => {} }).run(script, { signal: stop.signal });
    return { kind: "none", lateMs: 0 };
  } catch (error) {
    assert.ok(error instanceof ScriptError, String(error));
    return { kind: error.kind, lateMs: performance.now() - toldAt };
  }
}

describe("a script that never ends", () => {
  const endless: readonly string[] = [
    "loop { }",
    "let x = 0; while true { x += 1; }",
    "for i in 0..9223372036854775807 { }",
    "do { } while true",
    "loop { try { throw 1 } catch { } }",
    "fn f() { try { g() } catch { 1 } } fn g() { throw 1 } loop { f(); }",
    "let a = [3, 1, 2]; loop { a.sort(|x, y| x - y); }",
    "loop { [1, 2, 3].map(|x| x * 2); }",
    "loop { let s = \"x\"; s.pad(100, 'y'); }",
    "fn spin(n) { if n > 0 { spin(n - 1) } } loop { spin(30); }",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is one of the script.
    "loop { `${loop { }}` }",
    "sleep(1000)",
  ];
  for (const script of endless) {
    test(`ends within 200 ms of being told to: ${script}`, async () => {
      const { kind, lateMs } = await stopped(script);
      assert.equal(kind, "ErrorTerminated");
      assert.ok(lateMs < 200, `it went on for ${lateMs} ms`);
    });
    test(`ends when its time is over: ${script}`, async () => {
      const startedAt = performance.now();
      assert.equal(await kindOf(script, { wallSeconds: 0.05 }), "ErrorTerminated");
      assert.ok(performance.now() - startedAt < 250);
    });
    if (script.startsWith("sleep")) continue;
    test(`ends at its number of operations: ${script}`, async () => {
      assert.equal(await kindOf(script, { operations: 5000 }), "ErrorTooManyOperations");
    });
  }
});

describe("a script that grows without end", () => {
  const growing: readonly string[] = [
    `let s = "xy"; loop { s += s; }`,
    `let s = "xy"; loop { s = s + s; }`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is one of the script.
    "let s = `xy`; loop { s = `${s}${s}`; }",
    `let s = "x"; s.pad(1000000000000, "y");`,
    `let s = "xxxxxxxxxxxxxxxxxxxx"; loop { s.replace("x", s); }`,
    "let a = [1]; loop { a += a; }",
    "let a = [1]; loop { a.push(1); }",
    "let a = [1]; loop { a = [a, a]; }",
    "let a = [1]; loop { a.append(a); }",
    "let a = []; a.pad(1000000000000, 0);",
    "let a = []; loop { a = [a]; }",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is one of the script.
    "let m = #{}; let i = 0; loop { m[`k${i}`] = i; i += 1; m.len(); m += #{}; }",
    "let b = blob(1000000000000);",
    "let b = blob(10); loop { b += b; }",
  ];
  for (const script of growing) {
    test(`is stopped by its limits: ${script}`, async () => {
      assert.equal(await kindOf(script, sizes), "ErrorDataTooLarge");
    });
  }
  test("is stopped when many small things take too much memory", async () => {
    const script = "let a = []; loop { let b = []; b.pad(900, 1.5); a.push(b); }";
    assert.equal(await kindOf(script, { memoryBytes: 32 * 1024 * 1024 }), "ErrorDataTooLarge");
  });
});

describe("a script that calls without end", () => {
  const calling: readonly string[] = [
    "fn f(n) { f(n + 1) } f(0)",
    "fn a() { b() } fn b() { a() } a()",
    "let f = |g| g.call(g); f.call(f)",
    "fn f() { [1].map(|x| f()) } f()",
    "fn f() { try { f() } catch { f() } } f()",
  ];
  for (const script of calling) {
    test(`overflows its own stack, not that of the process: ${script}`, async () => {
      assert.equal(await kindOf(script, {}), "ErrorStackOverflow");
      assert.equal(await kindOf(script, { callDepth: 1_000_000 }), "ErrorStackOverflow");
    });
  }
});

test("limits cannot be caught", async () => {
  const script = "try { loop { } } catch { } 5";
  assert.equal(await kindOf(script, { operations: 100 }), "ErrorTooManyOperations");
  assert.equal(await kindOf('try { let s = "x"; loop { s += s } } catch { }', sizes), "ErrorDataTooLarge");
});

test("others get their turn while a script computes", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await assert.rejects(new ScriptEngine({ limits: { wallSeconds: 0.3 } }).run("loop { }"));
  clearInterval(timer);
  assert.ok(turns > 10, `${turns} turns`);
});

test("a limit that is no number of things is refused", () => {
  assert.throws(() => new ScriptEngine({ limits: { operations: Number.NaN } }), { code: "usage" });
});
