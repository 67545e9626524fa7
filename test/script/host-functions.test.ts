import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { debugValue, Float, type HostType, ScriptEngine } from "../../src/script/index.ts";

class Stage {
  position = 0;
}
const stageType: HostType = {
  name: "Stage",
  properties: {
    position: { get: (stage: Stage) => new Float(stage.position) },
    label: { get: () => "x", set: () => {} },
  },
};

function engineWith(print: string[] = []): ScriptEngine {
  return new ScriptEngine({ print: (text) => print.push(text) })
    .register({ name: "create_stage", parameters: ["string"], returns: stageType, call: () => new Stage() })
    .register({
      name: "move_abs",
      parameters: [stageType, "float"],
      returns: "unit",
      call: async ([stage, to]) => {
        await sleep(2);
        (stage as Stage).position = to as number;
      },
    })
    .register({
      name: "fail",
      parameters: [],
      returns: "unit",
      call: () => Promise.reject(new Error("the camera does not answer")),
    })
    .register({
      name: "double",
      parameters: ["int"],
      returns: "int",
      call: ([x]) => BigInt(x as number) * 2n,
    })
    .register({
      name: "bytes_of",
      parameters: ["blob"],
      returns: "int",
      call: ([b]) => (b as Uint8Array).length,
    });
}

test("a script waits for a function that gives a promise, in every place where it can be called", async () => {
  const script = `
    let stage = create_stage("x");
    stage.move_abs(1);
    for i in 0..2 { move_abs(stage, stage.position + 1); }
    let seen = [5, 6].map(|to| { stage.move_abs(to); stage.position });
    fn travel(stage, to) { stage.move_abs(to); stage.position }
    seen.push(travel(stage, 7.5));
    seen.push(if { stage.move_abs(9); true } { stage.position });
    seen`;
  assert.equal(debugValue(await engineWith().run(script)), "[5.0, 6.0, 7.5, 9.0]");
});

test("while one script waits, another one runs", async () => {
  const order: string[] = [];
  const engine = engineWith(order);
  await Promise.all([engine.run('sleep(0.05); print("slow")'), engine.run('print("quick")')]);
  assert.deepEqual(order, ["quick", "slow"]);
});

test("integers are taken where a float is expected, but not the other way round", async () => {
  const engine = engineWith();
  assert.equal(debugValue(await engine.run("double(21)")), "42");
  await assert.rejects(engine.run("double(2.5)"), {
    kind: "ErrorFunctionNotFound",
    message: /double \(f64\)/,
  });
  await assert.rejects(engine.run("double(9223372036854775807)"), { kind: "ErrorArithmetic" });
  assert.equal(debugValue(await engine.run("bytes_of(blob(3))")), "3");
});

test("what a function throws is a failure that the script can catch, with its text", async () => {
  const engine = engineWith();
  assert.equal(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is one of the script.
    debugValue(await engine.run("try { fail() } catch (e) { `caught: ${e}` }")),
    '"caught: the camera does not answer"',
  );
  await assert.rejects(engine.run("let x = 1;\n  fail();"), {
    kind: "ErrorRuntime",
    message: "Runtime error: the camera does not answer (script, line 2, column 3)\n2 |   fail();\n      ^",
  });
});

test("a thing of the host shows what it has, and nothing of what it is", async () => {
  const engine = engineWith();
  assert.equal(debugValue(await engine.run('type_of(create_stage("x"))')), '"Stage"');
  for (const name of ["constructor", "__proto__", "target", "toString", "prototype"]) {
    await assert.rejects(engine.run(`create_stage("x").${name}`), { kind: "ErrorDotExpr" });
    await assert.rejects(engine.run(`create_stage("x").${name}()`), { kind: "ErrorFunctionNotFound" });
    await assert.rejects(engine.run(`${name}`), { kind: "ErrorVariableNotFound" });
    assert.equal(debugValue(await engine.run(`#{}.${name}`)), "()");
    assert.equal(debugValue(await engine.run(`let m = #{}; m["${name}"] = 1; m["${name}"]`)), "1");
    assert.equal(debugValue(await engine.run(`parse_json("{\\"${name}\\": 1}")["${name}"]`)), "1");
  }
  await assert.rejects(engine.run('let s = create_stage("x"); s.position = 1;'), { kind: "ErrorDotExpr" });
});

test("stopping a script stops what it drives", async () => {
  let stoppedAt = Number.NaN;
  const engine = new ScriptEngine().register({
    name: "acquire",
    parameters: [],
    returns: "unit",
    call: (_none, { signal }) =>
      new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => {
          stoppedAt = performance.now();
          resolve();
        });
      }),
  });
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 20);
  await assert.rejects(engine.run("try { acquire() } catch { } loop { }", { signal: stop.signal }), {
    kind: "ErrorTerminated",
  });
  assert.ok(performance.now() - stoppedAt < 100);
});

test("a script that was stopped before it began does nothing", async () => {
  const printed: string[] = [];
  await assert.rejects(engineWith(printed).run('print("x")', { signal: AbortSignal.abort() }), {
    kind: "ErrorTerminated",
  });
  assert.deepEqual(printed, []);
});

test("constants of the host are there in every function, and are not changed by scripts", async () => {
  const engine = new ScriptEngine().constant("LIMITS", "low", "string");
  assert.equal(debugValue(await engine.run("fn f() { LIMITS } f()")), '"low"');
  await assert.rejects(engine.run("LIMITS = 1;"), { kind: "ErrorVariableNotFound" });
});

test("runs of one program share nothing", async () => {
  const program = engineWith().compile(
    "const LIST = [1]; let a = [1]; a.push(2); fn f() { global::LIST } a += f(); a",
  );
  const engine = engineWith();
  assert.equal(debugValue(await engine.run(program)), "[1, 2, 1]");
  assert.equal(debugValue(await engine.run(program)), "[1, 2, 1]");
});
