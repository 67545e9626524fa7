import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { jsonLines, spawnDaq, until } from "../../src/cli/captured-terminal.test.ts";
import { loadFormat } from "../../src/formats/registry.ts";
import { type Element, elementReader } from "../../src/model/element-reader.ts";
import { recover } from "../../src/recorder/recover-run.ts";
import { type RunIndex, readRunIndex } from "../../src/recorder/run-index.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "daq-run-"));
});
after(() => rm(root, { recursive: true, force: true }));

/** A snake over wavelength and place, with a camera and a meter. */
const snake = `import type { DeviceSet } from "daq-storage/devices";
import { gridScan } from "daq-storage/engine";

export default (devices: DeviceSet) =>
  gridScan(
    [devices.need("cam", "readable"), devices.need("meter", "readable"), devices.need("shutter", "readable")],
    { axis: devices.need("laser", "movable"), start: 780, stop: 820, num: 3 },
    { axis: devices.need("stage", "movable"), start: -1, stop: 1, num: 5, snake: true },
  );
`;
/** Frames until somebody ends it. */
const endless = (num: number, delaySeconds = 0) => `import { count } from "daq-storage/engine";
export default (devices) => count([devices.need("cam", "readable")], { num: ${num}, delaySeconds: ${delaySeconds} });
`;

type Setup = {
  readonly plan: string;
  readonly formats?: readonly string[];
  readonly ring?: string;
  readonly laser?: string;
  readonly frame?: readonly [width: number, height: number];
};

/** A folder outside the package with a plan and its configuration. */
async function setUp({
  plan,
  formats = ["arrow"],
  ring = "size_mb = 16",
  laser = "paced = false",
  frame = [32, 24],
}: Setup): Promise<string> {
  const folder = await mkdtemp(join(root, "plan-"));
  writeFileSync(join(folder, "plan.ts"), plan);
  const device = (id: string, driver: string, ...more: readonly string[]) =>
    ["[[devices]]", `id = "${id}"`, `driver = "${driver}"`, ...more].join("\n");
  const frameFormats = formats.filter((format) => format !== "csv");
  writeFileSync(
    join(folder, "plan.toml"),
    [
      '[experiment]\nname = "scan"\noperator = "Ada"',
      `[storage]\nformat = ${JSON.stringify(formats)}\noutput_path = ${JSON.stringify(join(folder, "run.{ext}"))}`,
      "flush_interval_ms = 100",
      `[ring_buffer]\n${ring}`,
      device("laser", "sim.laser", laser),
      device("stage", "sim.stage", "paced = false"),
      device("shutter", "sim.shutter", "paced = false"),
      device("meter", "sim.power_meter", "paced = false"),
      device(
        "cam",
        "sim.camera",
        `width = ${frame[0]}\nheight = ${frame[1]}`,
        "bit_depth = 12\npaced = false",
        `format = ${JSON.stringify(frameFormats)}`,
      ),
    ].join("\n\n"),
  );
  return folder;
}

function run(folder: string, ...args: readonly string[]) {
  return spawnDaq(["run", join(folder, "plan.ts"), "--json", ...args]);
}

const event = (out: string, name: string) => jsonLines(out).find((line) => line.event === name);
type Finished = {
  readonly exitStatus: string;
  readonly reason: string;
  readonly runs: readonly { readonly index: RunIndex; readonly indexPath: string }[];
};
const finishedOf = (out: string) => event(out, "finished") as unknown as Finished;

/** The columns of a stream, as a format's own reader gives them. */
async function columnsOf(
  path: string,
  format: string,
  stream: string,
): Promise<Record<string, (Element | null)[]>> {
  const columns: Record<string, (Element | null)[]> = {};
  for await (const batch of (await loadFormat(format)).read(path, stream))
    for (const [index, column] of batch.stream.columns.entries()) {
      const { bytes, validity } = batch.columns[index]!;
      const elementAt = elementReader(column, bytes);
      const elements = column.shape.reduce((product, size) => product * size, batch.count);
      const values = Array.from({ length: elements }, (_, at) =>
        validity?.[Math.floor((at * batch.count) / elements)] === 0 ? null : elementAt(at),
      );
      columns[column.name] = [...(columns[column.name] ?? []), ...values];
    }
  return columns;
}

function fileOf({ index, indexPath }: Finished["runs"][number], format: string, stream: string): string {
  const output = index.outputs.find((each) => each.format === format)!;
  return join(dirname(indexPath), output.files.find(({ streams }) => streams.includes(stream))!.path);
}

describe("daq run", () => {
  test("carries out a plan that lies anywhere, and every format holds its points and frames", async () => {
    const formats = ["hdf5", "arrow", "parquet", "zarr", "csv"];
    const folder = await setUp({ plan: snake, formats });
    const { code, out, error } = await run(folder).done;
    assert.equal(code, 0, error);
    const { exitStatus, runs } = finishedOf(out);
    assert.equal(exitStatus, "success");
    const { index } = runs[0]!;
    assert.equal((index.run.info.start as { plan_name?: string }).plan_name, "grid_scan");
    assert.equal((index.run.info.start as { operator?: string }).operator, "Ada");
    const wavelengths = [780, 800, 820].flatMap((nanometres) => new Array<number>(5).fill(nanometres));
    const places = [-1, -0.5, 0, 0.5, 1];
    for (const format of formats) {
      const { ledger } = index.outputs.find((output) => output.format === format)!;
      assert.deepEqual(ledger.ending, { exitStatus: "success", reason: "" });
      for (const account of ledger.accounts) assert.deepEqual([account.stored, account.lost], [15, 0]);
      const rows = await columnsOf(fileOf(runs[0]!, format, "primary"), format, "primary");
      assert.deepEqual(
        rows.seq_num!.map(Number),
        Array.from({ length: 15 }, (_, number) => number + 1),
      );
      assert.deepEqual(rows.laser_setpoint, wavelengths);
      assert.deepEqual(rows.stage_setpoint, [...places, ...places.toReversed(), ...places]);
      assert.deepEqual(rows.shutter_open, new Array(15).fill(true));
      assert.ok(rows.meter!.every((power) => Number(power) > 0));
      if (format === "csv") continue;
      const frames = await columnsOf(fileOf(runs[0]!, format, "cam"), format, "cam");
      assert.equal(frames.frame!.length, 15 * 32 * 24);
      assert.deepEqual(
        rows.cam_frame!.map(Number),
        Array.from({ length: 15 }, (_, number) => number),
      );
    }
  });

  test("an abort ends it at once, also in the middle of a move, and the files say so", async () => {
    const folder = await setUp({ plan: snake, laser: "speed = 0.001" });
    const running = run(folder);
    await until(() => event(running.captured.out, "opened") !== undefined, "the start");
    await new Promise((resolve) => setTimeout(resolve, 300));
    const interruptedMs = performance.now();
    running.child.kill("SIGINT");
    const { code, out, error } = await running.done;
    assert.equal(code, 1, error);
    assert.ok(performance.now() - interruptedMs < 3000, "it did not wait for the laser");
    const { exitStatus, reason, runs } = finishedOf(out);
    assert.deepEqual([exitStatus, reason], ["abort", "aborted with Ctrl-C"]);
    // The first move never ended: there is a stream, and nothing in it.
    const [output] = runs[0]!.index.outputs;
    assert.deepEqual(output!.ledger.ending, { exitStatus: "abort", reason: "aborted with Ctrl-C" });
    assert.equal(output!.ledger.accounts.find(({ stream }) => stream === "primary")!.stored, 0);
  });

  test("a plan that fails says why in its files, which hold what was measured before", async () => {
    const plan = `import { inRun, triggerAndRead } from "daq-storage/engine";
export default function* (devices) {
  const meter = devices.need("meter", "readable");
  function* steps() {
    for (let point = 0; point < 3; point++) yield* triggerAndRead([meter]);
    throw new Error("the sample fell off");
  }
  yield* inRun({ plan_name: "unlucky" }, [], steps());
}
`;
    const { code, out } = await run(await setUp({ plan })).done;
    assert.equal(code, 1);
    const { exitStatus, reason, runs } = finishedOf(out);
    assert.equal(exitStatus, "fail");
    assert.match(reason, /plan\.ts:6: the sample fell off$/);
    const [output] = runs[0]!.index.outputs;
    assert.deepEqual(output!.ledger.ending, { exitStatus, reason });
    assert.equal(output!.ledger.accounts[0]!.stored, 3);
  });

  test("a stream that comes too late is refused with how to declare it", async () => {
    const plan = `import { inRun, triggerAndRead } from "daq-storage/engine";
export default function* (devices) {
  const meter = devices.need("meter", "readable");
  function* steps() {
    yield* triggerAndRead([meter]);
    yield* triggerAndRead([devices.need("stage", "readable")], "second");
  }
  yield* inRun({}, [], steps());
}
`;
    const { code, error, out } = await run(await setUp({ plan })).done;
    assert.equal(code, 1);
    assert.match(error, /Stream second is new after the first event was recorded/);
    const [output] = finishedOf(out).runs[0]!.index.outputs;
    assert.equal(output!.ledger.accounts.find(({ stream }) => stream === "primary")!.stored, 1);
  });

  test("a dry run names the limit that would be left, and makes nothing", async () => {
    const folder = await setUp({ plan: snake.replace("stop: 820", "stop: 1820") });
    const { code, error, out } = await run(folder, "--dry-run").done;
    assert.equal(code, 1);
    assert.match(
      error,
      /laser cannot be moved to 1300 nm: its limits are 690 to 1040 nm.*point 6 of the plan/,
    );
    assert.equal(event(out, "started"), undefined);
    const good = await run(await setUp({ plan: snake }), "--dry-run").done;
    assert.equal(good.code, 0);
    assert.equal((event(good.out, "finished") as { points?: number }).points, 15);
  });

  test("a file that is no plan, and a plan without a configuration, are refused", async () => {
    const none = await run(await setUp({ plan: "export const plan = 1;" })).done;
    assert.equal(none.code, 1);
    assert.match(none.error, /exports no plan/);
    const broken = await run(await setUp({ plan: "enum Colour { Red }\nexport default () => 1;" })).done;
    assert.match(broken.error, /cannot be loaded/);
    const folder = await setUp({ plan: snake });
    await rm(join(folder, "plan.toml"));
    const { code, error } = await run(folder).done;
    assert.equal(code, 2);
    assert.match(error, /There is no configuration .*plan\.toml/);
  });
});

describe("bad luck during a plan:", () => {
  const large: Partial<Setup> = { ring: "size_mb = 4", frame: [640, 480] };
  const recorderOf = (out: string) => event(out, "started")?.recorderPid as number;

  test("killed, what was measured is recovered", async () => {
    const folder = await setUp({ plan: endless(100_000, 0.005), formats: ["arrow", "hdf5"] });
    const running = run(folder);
    await until(() => event(running.captured.out, "started") !== undefined, "the start");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    running.child.kill("SIGKILL");
    await running.done;
    // The recorder outlives it, drains the ring, and closes the files.
    const indexPath = event(running.captured.out, "started")!.indexPath as string;
    let index: RunIndex | undefined;
    for (let tries = 0; index === undefined && tries < 100; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      index = await readRunIndex(indexPath).catch(() => undefined);
    }
    if (index === undefined) {
      const recovered = await recover(indexPath.replace(".run.json", ".journal.jsonl"));
      assert.equal(recovered.kind, "run");
      index = (recovered as { readonly index: RunIndex }).index;
    }
    assert.equal(index.end, "producer-died");
    for (const { format, ledger } of index.outputs) {
      assert.equal(ledger.ending, undefined, "nobody said how it ended");
      const stored = ledger.accounts.find(({ stream }) => stream === "primary")!.stored;
      assert.ok(stored > 10, `${stored}`);
      const rows = await columnsOf(fileOf({ index, indexPath }, format, "primary"), format, "primary");
      assert.deepEqual(
        rows.seq_num!.map(Number),
        Array.from({ length: stored }, (_, number) => number + 1),
      );
    }
  });

  test("a full disk ends the run with a reason, and the files hold what came before", async (t) => {
    const folder = await setUp({
      plan: endless(1000, 0.002),
      formats: ["arrow", "hdf5"],
      ring: "size_mb = 16",
      frame: [320, 240],
    });
    const disk = join(folder, "disk");
    await mkdir(disk);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", disk], { stdio: "ignore" });
    } catch {
      return t.skip("mounting a small tmpfs needs root");
    }
    try {
      const { code, out, error } = await run(folder, "--output", join(disk, "run.{ext}")).done;
      assert.equal(code, 1);
      assert.match(error, /The disk is full/);
      const finished = finishedOf(out);
      assert.equal(finished.exitStatus, "fail");
      assert.match(finished.reason, /The disk is full/);
      const { index, indexPath } = finished.runs[0]!;
      assert.equal(index.end, "failed");
      for (const { format, ledger } of index.outputs)
        for (const { stream, stored, lost, produced } of ledger.accounts) {
          assert.equal(stored + lost, produced);
          if (stream !== "primary") continue;
          const rows = await columnsOf(fileOf(finished.runs[0]!, format, stream), format, stream);
          assert.equal(rows.seq_num!.length, stored, indexPath);
        }
    } finally {
      execFileSync("umount", ["-l", disk]);
    }
  });

  test("a recorder that is killed goes on, and nothing is lost", async () => {
    const running = run(await setUp({ plan: endless(300, 0.005) }));
    await until(() => event(running.captured.out, "started") !== undefined, "the start");
    await new Promise((resolve) => setTimeout(resolve, 300));
    process.kill(recorderOf(running.captured.out), "SIGKILL");
    const { code, out, error } = await running.done;
    assert.equal(code, 0, error);
    assert.match(error, /The recorder died/);
    for (const account of finishedOf(out).runs[0]!.index.outputs[0]!.ledger.accounts)
      assert.deepEqual([account.stored, account.lost], [300, 0]);
  });

  test("a full ring holds the plan, which says so, and nothing is lost", async () => {
    const running = run(
      await setUp({ plan: endless(30, 0.05), ...large, ring: 'size_mb = 4\noverflow = "discard-oldest"' }),
    );
    await until(() => event(running.captured.out, "started") !== undefined, "the start");
    const recorder = recorderOf(running.captured.out);
    process.kill(recorder, "SIGSTOP");
    try {
      await until(
        () => running.captured.error.includes("The ring is full: the plan waits"),
        "a word about it",
      );
    } finally {
      process.kill(recorder, "SIGCONT");
    }
    const { code, out, error } = await running.done;
    assert.equal(code, 0, error);
    for (const account of finishedOf(out).runs[0]!.index.outputs[0]!.ledger.accounts)
      assert.deepEqual([account.stored, account.lost], [30, 0]);
  });

  test("a ring that stays full ends the run with a reason, and the files hold what came before", async () => {
    const ring = "size_mb = 4\nblock_timeout_ms = 500";
    const running = run(await setUp({ plan: endless(100, 0.02), ...large, ring }));
    await until(() => event(running.captured.out, "started") !== undefined, "the start");
    const recorder = recorderOf(running.captured.out);
    process.kill(recorder, "SIGSTOP");
    await until(
      () => running.captured.error.includes("The ring stayed full") || running.child.exitCode !== null,
      "the failure",
    ).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 1500));
    process.kill(recorder, "SIGCONT");
    const { code, error } = await running.done;
    assert.equal(code, 1);
    assert.match(error, /The ring stayed full for 0\.5 s/);
  });
});
