import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Readable } from "../../src/devices/capabilities.ts";
import type { BenchShutter } from "../../src/devices/sim/bench-shutter.ts";
import { debugValue, runScript, ScriptError, type ScriptRunSettings } from "../../src/script/index.ts";
import { StandInAxis } from "../../src/testing/stand-in-axis.ts";
import { type Furniture, furnished, guideFurniture } from "./laboratory.ts";

const furniture: Furniture = {
  ...guideFurniture,
  stage0: ["sim.stage", { speed: 1e6 }],
  shutter0: ["sim.shutter", { speed: 1e6 }],
};

const atOnce = () => furnished(furniture);

async function resultOf(text: string, lab?: Awaited<ReturnType<typeof furnished>>) {
  const outcome = await runScript({ text, name: "test.rhai" }, (lab ?? (await atOnce())).laboratory);
  assert.equal(outcome.exitStatus, "success");
  return debugValue(outcome.value!);
}

/** What a script sees when it catches what `statement` throws. */
async function caught(statement: string): Promise<string> {
  return JSON.parse(await resultOf(`try { ${statement} } catch (e) { e.to_string() }`)) as string;
}

describe("devices by their id", () => {
  test("an id that is not there lists those that are, with what they are", async () => {
    const text = await caught('create_camera("camera1")');
    assert.match(text, /no device "camera1"\. There are: .*camera0 \(a camera\).*stage0 \(a stage\)/);
    assert.match(text, /maitai \(a laser\).*power0 \(a power meter\).*shutter0 \(a shutter\)/);
  });

  test("an id of another kind says what it is", async () => {
    assert.equal(await caught('create_laser("camera0")'), "create_laser: camera0 is a camera.");
    assert.equal(await caught('create_camera("maitai")'), "create_camera: maitai is a laser.");
    assert.equal(
      await caught('create_power_meter("shutter0")'),
      "create_power_meter: shutter0 is a shutter.",
    );
    await assert.rejects(resultOf('create_stage("power0")'), {
      hint: "create_power_meter or create_adc is for such a device.",
    });
  });

  test("a device says its id and its kind, and is the same however often it is made", async () => {
    assert.equal(await resultOf('create_camera("camera0").to_string()'), '"Camera camera0"');
    assert.equal(await resultOf('type_of(create_power_meter("power0"))'), '"PowerMeter"');
    assert.equal(await resultOf('create_stage("stage0").id'), '"stage0"');
    assert.equal(
      await resultOf('create_stage("stage0").move_abs(2); create_stage("stage0").wait_settled(); 1'),
      "1",
    );
  });

  test("an id that only shows when the run is open is refused, one that is written out is not", async () => {
    const start = 'let a = create_power_meter("power0"); a.read_value();';
    assert.equal(await resultOf(`${start} let c = create_camera("camera0"); c.grab_frame(); 1`), "1");
    assert.match(
      await caught(`${start} create_camera("camera" + 0)`),
      /camera0 has no stream in the run that is open/,
    );
  });
});

describe("a camera", () => {
  test("grabs frames that know their size, their number, and what is in their pixels", async () => {
    const lab = await atOnce();
    const text = `
      let camera = create_camera("prime_bsi");
      camera.set_trigger_mode("software");
      camera.grab_frame();
      let f = camera.grab_frame();
      [f.width, f.height, f.number, f.min, f.max, f.mean, f.sum]`;
    const shown = await resultOf(text, lab);
    const pixels = lab.frames
      .stream("prime_bsi")
      .values("frame")
      .slice(640 * 480) as Uint16Array;
    const sum = pixels.reduce((total, pixel) => total + pixel, 0);
    const least = pixels.reduce((a, b) => Math.min(a, b));
    const most = pixels.reduce((a, b) => Math.max(a, b));
    assert.equal(pixels.length, 640 * 480);
    assert.equal(shown, `[640, 480, 1, ${least}, ${most}, ${sum / pixels.length}, ${sum}]`);
  });

  test("is exposed in milliseconds, whole or not", async () => {
    const lab = await atOnce();
    await resultOf(
      'let c = create_camera("camera0"); c.set_exposure(3); c.grab_frame(); c.set_exposure(0.5); c.grab_frame()',
      lab,
    );
    const exposures = lab.documents
      .of("descriptor")
      .map(({ configuration }) => configuration!.camera0!.data!.exposure);
    assert.deepEqual([...new Set(exposures)], [0.003, 0.0005]);
  });

  test("refuses what it cannot, in a way that the script can catch", async () => {
    const start = 'let c = create_camera("camera0");';
    assert.match(await caught(`${start} c.set_trigger_mode("external")`), /no trigger mode "external"/);
    assert.match(await caught(`${start} c.set_exposure(1e9)`), /cannot expose for 1000000 s/);
    assert.match(await caught(`${start} c.set_exposure(0.0 / 0.0)`), /cannot expose for NaN s/);
    assert.match(await caught('create_power_meter("power0").grab_frame()'), /Function not found: grab_frame/);
  });

  test("that lost a frame says so, and the next one comes", async () => {
    const lab = await furnished({ camera0: ["sim.camera", { paced: false, drop_every: 2 }] });
    const text = `
      let c = create_camera("camera0");
      let seen = [];
      for i in 0..4 { try { seen.push(c.grab_frame().number); } catch (e) { seen.push(e); } }
      seen`;
    assert.equal(await resultOf(text, lab), '[0, "camera0 lost the frame.", 2, "camera0 lost the frame."]');
    assert.deepEqual(lab.documents.values("camera0_frame"), [0, null, 2, null]);
  });
});

describe("an axis", () => {
  test("goes where it is told, and its stream has where it was before, and each place it settled at", async () => {
    const lab = await atOnce();
    const text = `
      let stage = create_stage("stage0");
      let meter = create_power_meter("power0");
      stage.move_abs(1);
      stage.wait_settled();
      meter.read_value();
      stage.move_rel(-0.5);
      stage.move_rel(2.5);
      stage.wait_settled();
      [type_of(stage.position()), (stage.position() * 10.0).round()]`;
    assert.equal(await resultOf(text, lab), '["f64", 30.0]');
    assert.deepEqual(
      lab.documents.values("stage0_setpoint").map((place) => Math.round((place as number) * 10)),
      [10, 5, 30],
    );
  });

  test("that still moves at the end of the script comes to rest first", async () => {
    const lab = await furnished({ stage0: ["sim.stage", { speed: 100 }] });
    await resultOf('create_stage("stage0").move_abs(20)', lab);
    const at = await (lab.devices.get("stage0") as StandInAxis).position();
    assert.ok(Math.abs(at - 20) < 0.1, `${at}`);
  });

  test("does not go beyond its limits, nor to what is no place", async () => {
    for (const place of ["1e9", "-26", "0.0 / 0.0", "1.0 / 0.0", "9223372036854775807"])
      assert.match(await caught(`create_stage("stage0").move_abs(${place})`), /cannot be moved to/);
    assert.match(await caught('create_laser("maitai").set_wavelength(300)'), /limits are 690 to 1040 nm/);
  });

  test("is stopped when something else fails, and the script is told when it waits for it", async () => {
    const lab = await furnished({ ...furniture, stage0: ["sim.stage", { speed: 1 }] });
    const text = `
      let stage = create_stage("stage0");
      stage.move_abs(25);
      try { create_camera("nobody"); } catch { }
      try { stage.wait_settled(); } catch (e) { print(e); }
      stage.move_abs(stage.position());
      stage.wait_settled();
      stage.position() < 5.0`;
    const printed: string[] = [];
    const startedAt = performance.now();
    const { value } = await runScript({ text, name: "test" }, lab.laboratory, {
      print: (line) => printed.push(line),
    });
    assert.equal(value, true);
    assert.match(printed.join(), /stage0 was stopped on its way, because something else failed: .*nobody/);
    assert.ok(performance.now() - startedAt < 1500);
  });
});

describe("light", () => {
  test("passes when the shutter is opened, and not after the script, however it ended", async () => {
    const text = `
      let shutter = create_shutter("shutter0");
      let meter = create_power_meter("power0");
      let dark = meter.read_value();
      shutter.open_shutter();
      let bright = meter.read_value();
      [dark < 1.0, bright > 100.0]`;
    const lab = await atOnce();
    const shutter = lab.devices.get("shutter0") as BenchShutter;
    assert.equal(await resultOf(text, lab), "[true, true]");
    assert.equal(shutter.open, false);
    assert.deepEqual(lab.documents.values("shutter0_open"), [false, true]);
    await assert.rejects(resultOf(`${text}; throw 1`, lab));
    assert.equal(shutter.open, false);
  });

  test("comes from a laser whose emission is on", async () => {
    const text = `
      let laser = create_laser("maitai");
      let meter = create_power_meter("power0");
      create_shutter("shutter0").open_shutter();
      laser.set_wavelength(800);
      laser.disable_emission();
      let dark = meter.read_value();
      laser.enable_emission();
      meter.set_wavelength(laser.wavelength());
      [dark < 1.0, meter.read_value() > 100.0]`;
    assert.equal(await resultOf(text), "[true, true]");
    assert.match(
      await caught('create_laser("maitai").open_shutter()'),
      /maitai cannot open or close a shutter/,
    );
  });
});

describe("readings", () => {
  const card: Readable = {
    id: "card",
    describe: async () => ({
      card_a: { dtype: "float64", unit: "V", source: "stand-in" },
      card_n: { dtype: "int32", unit: null, source: "stand-in" },
      card_on: { dtype: "boolean", unit: null, source: "stand-in" },
    }),
    read: async () => ({
      card_a: { value: 5, timestampNs: 1n },
      card_n: { value: 7, timestampNs: 1n },
      card_on: { value: true, timestampNs: 1n },
    }),
  };
  const values = async (text: string) => resultOf(text, await furnished({}, {}, [card]));

  test("have the type of their quantity, and are found by number, by name, or all at once", async () => {
    const start = 'let adc = create_adc("card");';
    assert.equal(
      await values(`${start} [adc.read_value(), adc.read_value(1), adc.read_value("on")]`),
      "[5.0, 7, true]",
    );
    assert.equal(await values(`${start} adc.read_value("card_n")`), "7");
    assert.equal(await values(`${start} adc.read_all()`), '#{"card_a": 5.0, "card_n": 7, "card_on": true}');
    await assert.rejects(values(`${start} adc.read_value(3)`), {
      message: /card has no quantity 3/,
      hint: "It has a (0), n (1), on (2).",
    });
    await assert.rejects(values(`${start} adc.read_value(-1)`), { message: /no quantity -1/ });
    await assert.rejects(values(`${start} adc.read_value("b")`), { message: /no quantity "b"/ });
  });

  test("of a converter card come by channel", async () => {
    const lab = await furnished({ card0: ["sim.adc", { channels: ["photodiode", "reference"] }] });
    const text = 'let adc = create_adc("card0"); type_of(adc.read_value("reference")) + adc.read_all().len()';
    assert.equal(await resultOf(text, lab), '"f642"');
    assert.equal(lab.documents.values("card0_photodiode").length, 2);
  });

  test("that are missing are an error to the script, and missing in the file", async () => {
    let reads = 0;
    const meter: Readable = {
      id: "meter",
      describe: async () => ({ meter: { dtype: "float64", unit: "mW", source: "stand-in" } }),
      read: async () => ({ meter: { value: ++reads === 2 ? null : 1.5, timestampNs: 1n } }),
    };
    const lab = await furnished({}, {}, [meter]);
    const text = `
      let meter = create_power_meter("meter");
      [1, 2, 3].map(|n| { try { meter.read_value() } catch (e) { e } })`;
    assert.equal(await resultOf(text, lab), '[1.5, "meter answered without a value for meter.", 1.5]');
    assert.deepEqual(lab.documents.values("meter"), [1.5, null, 1.5]);
  });

  test("of a device that fails arrive as its words, and the script goes on", async () => {
    const axis = new StandInAxis("meter");
    axis.behaviour = {
      read: async (call) => (call === 1 ? Promise.reject(new Error("no light")) : undefined),
    };
    const meter: Readable = { id: "meter", describe: () => axis.describe(), read: () => axis.read() };
    const lab = await furnished({}, {}, [meter]);
    const text =
      'let m = create_adc("meter"); try { m.read_value() } catch (e) { print(e); m.read_value(0) }';
    const printed: string[] = [];
    const { value } = await runScript({ text, name: "test" }, lab.laboratory, {
      print: (line) => printed.push(line),
    });
    assert.deepEqual(printed, ['meter failed: a reading ended with "no light".']);
    assert.equal(debugValue(value!), "0.0");
  });

  test("of a device that never answers end with its time", async () => {
    const meter: Readable = {
      id: "meter",
      describe: async () => ({ meter: { dtype: "float64", unit: "mW", source: "stand-in" } }),
      read: () => new Promise(() => {}),
    };
    const lab = await furnished({}, { answerSeconds: 0.05 }, [meter]);
    const text = 'try { create_power_meter("meter").read_value() } catch (e) { e }';
    assert.match(await resultOf(text, lab), /meter did not answer: waited 0.05 s/);
  });
});

describe("the run of a script", () => {
  const run = async (text: string, settings: ScriptRunSettings = {}) => {
    const lab = await atOnce();
    const ended = await runScript({ text, name: "scan.rhai" }, lab.laboratory, settings).then(
      (outcome) => ({ outcome, error: undefined }),
      (error: unknown) => ({ outcome: undefined, error }),
    );
    assert.equal(lab.engine.state, "idle");
    return { ...lab, ...ended };
  };

  test("begins with the first acquisition, has a stream for each device, and ends with the script", async () => {
    const { documents, outcome } = await run(`
      let laser = create_laser("maitai");
      let camera = create_camera("prime_bsi");
      let meter = create_power_meter("power0");
      laser.set_wavelength(800);
      set_metadata("sample", "GaAs");
      set_metadata("filter", #{ name: "OD 2", factor: 0.01, positions: [1, 2] });
      camera.grab_frame();
      meter.read_value();`);
    const [start] = documents.of("start");
    assert.equal(start!.plan_name, "script");
    assert.deepEqual(start!.plan_args, { script: "scan.rhai" });
    assert.equal(start!.sample, "GaAs");
    assert.deepEqual(start!.filter, { name: "OD 2", factor: 0.01, positions: [1, 2] });
    assert.deepEqual(outcome!.runs, [start!.uid]);
    assert.deepEqual(
      documents
        .of("descriptor")
        .map(({ name }) => name)
        .sort(),
      ["maitai", "power0", "prime_bsi"],
    );
    const [stop] = documents.of("stop");
    assert.equal(stop!.exit_status, "success");
    assert.deepEqual(stop!.num_events, { maitai: 1, prime_bsi: 1, power0: 1 });
  });

  test("is none when nothing is acquired", async () => {
    const { documents, outcome } = await run('create_laser("maitai").set_wavelength(750)');
    assert.deepEqual(outcome!.runs, []);
    assert.deepEqual(documents.all, []);
  });

  test("takes no metadata that its run writes itself, and says so at the line", async () => {
    const { documents, error } = await run('let a = 1;\nset_metadata("plan_name", "mine");');
    assert.match((error as Error).message, /"plan_name" is taken.*line 2, column 1/);
    assert.deepEqual(documents.all, []);
  });

  test("that has begun takes no more metadata", async () => {
    const { error } = await run('create_camera("camera0").grab_frame(); set_metadata("sample", 1)');
    assert.match((error as Error).message, /The run has begun/);
  });

  test("ends as failed, with the words of the script, when the script fails", async () => {
    const { documents, error } = await run(
      'create_camera("camera0").grab_frame();\nthrow "the sample is gone";',
    );
    assert.ok(error instanceof ScriptError);
    const [stop] = documents.of("stop");
    assert.equal(stop!.exit_status, "fail");
    assert.match(stop!.reason!, /the sample is gone \(scan\.rhai, line 2/);
  });

  test("ends as aborted when the script says so, and that is no failure", async () => {
    const { documents, outcome } = await run(
      'create_camera("camera0").grab_frame(); try { abort("bleached") } catch { } loop { }',
    );
    assert.equal(outcome!.exitStatus, "abort");
    assert.equal(outcome!.reason, "bleached");
    assert.equal(documents.of("stop")[0]!.exit_status, "abort");
    assert.equal(documents.of("stop")[0]!.reason, "bleached");
  });

  test("is ended by a limit, as aborted", async () => {
    const { documents, error } = await run('create_camera("camera0").grab_frame(); loop { }', {
      limits: { operations: 10_000 },
    });
    assert.equal((error as ScriptError).kind, "ErrorTooManyOperations");
    assert.equal(documents.of("stop")[0]!.exit_status, "abort");
    assert.match(documents.of("stop")[0]!.reason!, /Too many operations/);
  });

  test("gives way to a plan, which has runs of its own, with the script's metadata", async () => {
    const { documents, outcome } = await run(`
      set_metadata("sample", "GaAs");
      let meter = create_power_meter("power0");
      let stage = create_stage("stage0");
      let laser = create_laser("maitai");
      meter.read_value();
      let uid = line_scan([meter], stage, -1, 1, 5);
      count(meter, 3);
      count([meter, create_camera("camera0")], 2, 0.001);
      grid_scan([meter], laser, 700, 710.5, 2, stage, 0, 1, 3);
      meter.read_value();
      uid`);
    const starts = documents.of("start");
    assert.deepEqual(
      starts.map(({ plan_name }) => plan_name),
      ["script", "scan", "count", "count", "grid_scan", "script"],
    );
    assert.deepEqual(
      starts.map(({ sample }) => sample),
      new Array(6).fill("GaAs"),
    );
    assert.equal(outcome!.value, starts[1]!.uid);
    assert.equal(outcome!.runs.length, 6);
    assert.deepEqual(
      documents.of("stop").map(({ num_events }) => Object.values(num_events!).reduce((a, b) => a + b)),
      [3, 5, 3, 2, 6, 3],
    );
  });

  test("wants detectors that can be read, and whole numbers of points", async () => {
    assert.match(await caught("count([1], 3)"), /expecting a device that gives readings/);
    assert.match(await caught('count(create_power_meter("power0"), 0)'), /asked for 0 points/);
    assert.match(await caught('count(create_power_meter("power0"), 1.5)'), /Function not found: count/);
    assert.match(
      await caught('line_scan([], create_camera("camera0"), 0, 1, 2)'),
      /Function not found: line_scan/,
    );
  });

  test("can be paused and resumed from outside, and has every reading once", async () => {
    const lab = await atOnce();
    const text = `
      let stage = create_stage("stage0");
      let meter = create_power_meter("power0");
      for place in 0..20 { stage.move_abs(place); stage.wait_settled(); meter.read_value(); sleep(0.002); }`;
    const done = runScript({ text, name: "test" }, lab.laboratory);
    let pauses = 0;
    let turns = 0;
    // A move takes 20 ms, and is begun again after a pause.
    const timer = setInterval(() => {
      if (lab.engine.state === "paused") lab.engine.resume();
      else if (++turns % 3 === 0) {
        lab.engine.pause();
        pauses++;
      }
    }, 15);
    assert.equal((await done).exitStatus, "success");
    clearInterval(timer);
    assert.ok(pauses > 3, `${pauses} pauses`);
    const numbers = new Map<string, number[]>();
    for (const { descriptor, seq_num } of lab.documents.of("event")) {
      const { name } = lab.documents.of("descriptor").find(({ uid }) => uid === descriptor)!;
      numbers.set(name!, [...(numbers.get(name!) ?? []), seq_num]);
    }
    assert.deepEqual(
      new Set(numbers.get("power0")),
      new Set(Array.from({ length: 20 }, (_, index) => index + 1)),
    );
  });
});

test("whoever cannot take the documents ends the script with an error", async () => {
  const lab = await atOnce();
  lab.engine.subscribe((name) => {
    if (name === "event") throw new Error("no space left");
  }, "the writer");
  await assert.rejects(
    runScript({ text: 'create_power_meter("power0").read_value()', name: "test" }, lab.laboratory),
    /the writer could not take the event document: no space left/,
  );
});
