import assert from "node:assert/strict";
import { test } from "node:test";
import type { BenchShutter } from "../../src/devices/sim/bench-shutter.ts";
import { runScript, ScriptError } from "../../src/script/index.ts";
import { furnished } from "./laboratory.ts";
import { randomFrom } from "./random-from.ts";

const names = [
  ...["create_camera", "create_laser", "create_power_meter", "create_stage", "create_adc", "create_shutter"],
  ...[
    "set_trigger_mode",
    "set_exposure",
    "grab_frame",
    "set_wavelength",
    "wavelength",
    "read_value",
    "read_all",
  ],
  ...["move_abs", "move_rel", "position", "wait_settled", "open_shutter", "close_shutter", "enable_emission"],
  ...["disable_emission", "count", "line_scan", "grid_scan", "set_metadata"],
];

/** With the number of parameters that they take: X is any value. */
const fitting = [
  ...["c.grab_frame()", "c.set_exposure(X)", "c.set_trigger_mode(X)", "l.set_wavelength(X)", "l.position()"],
  ...["l.move_abs(X)", "l.move_rel(X)", "l.wait_settled()", "l.enable_emission()", "l.disable_emission()"],
  ...[
    "s.move_abs(X)",
    "s.move_rel(X)",
    "s.wait_settled()",
    "s.position()",
    "h.open_shutter()",
    "h.read_all()",
  ],
  ...["p.read_value()", "p.read_value(X)", "a.read_all()", "p.set_wavelength(X)", "p.set_exposure(X)"],
  ...["set_metadata(X, X)", "count(X, X)", "count(X, X, X)", "line_scan(X, s, X, X, X)", "create_camera(X)"],
  "grid_scan(X, l, X, X, X, s, X, X, X)",
];

const values = [
  ...[
    "c",
    "l",
    "p",
    "s",
    "a",
    "h",
    "frame",
    "[c, p]",
    "[]",
    "[[c]]",
    "#{}",
    "()",
    "true",
    "'x'",
    '""',
    '"camera0"',
  ],
  ...[
    '"power0"',
    '"__proto__"',
    '"software"',
    "0",
    "1",
    "-1",
    "2",
    "9223372036854775807",
    "-9223372036854775807 - 1",
  ],
  ...[
    "0.5",
    "-0.0",
    "1e308",
    "-1e308",
    "0.0 / 0.0",
    "1.0 / 0.0",
    "5e-324",
    "700",
    "blob(3)",
    "1..3",
    "|x| x",
  ],
  ...["timestamp()", 'Fn("count")', '"λ".to_chars()', "c.to_string()", "frame.mean", "p.id"],
];

const start = `
  let c = create_camera("camera0"); let l = create_laser("maitai"); let p = create_power_meter("power0");
  let s = create_stage("stage0"); let a = create_adc("power0"); let h = create_shutter("shutter0");
  let frame = c.grab_frame();
`;

test("functions of devices, called with whatever a script can hold, give a value or a failure that can be caught", async () => {
  const random = randomFrom(20_261_122);
  const pick = (list: readonly string[]): string => list[random(list.length)]!;
  let succeeded = 0;
  let caught = 0;
  for (let round = 0; round < 150; round++) {
    const lab = await furnished({
      camera0: ["sim.camera", { paced: false, width: 16, height: 8 }],
      maitai: ["sim.laser", { paced: false }],
      power0: ["sim.power_meter", { paced: false }],
      stage0: ["sim.stage", { paced: false }],
      shutter0: ["sim.shutter", { paced: false }],
    });
    let text = start;
    for (let calls = 0; calls < 12; calls++) {
      const parameters = Array.from({ length: random(4) }, () => pick(values)).join(", ");
      const object = pick(["", "c.", "l.", "p.", "s.", "a.", "h."]);
      const call =
        random(3) === 0
          ? `${object}${pick(names)}(${parameters})`
          : pick(fitting).replaceAll("X", () => pick(values));
      // A plan may be asked for more points than anybody lives to see.
      text += `try { ${call}; print("+"); } catch (e) { print("-" + e); }\n`;
    }
    const startedAt = performance.now();
    try {
      const outcome = await runScript({ text, name: "fuzz" }, lab.laboratory, {
        limits: { wallSeconds: 0.5 },
        print: (line) => {
          if (line === "+") succeeded++;
          else caught++;
          assert.ok(!/undefined|\[object|is not a function|of null/.test(line), `${line}\n${text}`);
        },
      });
      assert.equal(outcome.exitStatus, "success");
    } catch (error) {
      // The only things that are left: time, and an axis that was stopped when another call failed.
      assert.ok(
        error instanceof ScriptError
          ? error.kind === "ErrorTerminated"
          : /was stopped on its way/.test(String(error)),
        `${text}\n${String((error as Error).stack)}`,
      );
    }
    assert.ok(performance.now() - startedAt < 1500, `it took too long: ${text}`);
    assert.equal(lab.engine.state, "idle");
    assert.ok(lab.documents.all.length === 0 || lab.documents.complete, text);
    assert.equal((lab.devices.get("shutter0") as BenchShutter).open, false);
  }
  // Otherwise one side was hardly tried.
  assert.ok(succeeded > 100, `${succeeded} calls succeeded`);
  assert.ok(caught > 500, `${caught} calls failed`);
});
