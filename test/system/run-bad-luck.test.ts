import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { jsonLines, spawnDaq, until } from "../../src/cli/captured-terminal.test.ts";
import { DocumentOrder } from "../../src/documents/document-order.ts";
import { readJsonlDocuments } from "../../src/formats/jsonl/read-jsonl-documents.ts";
import { loadFormat } from "../../src/formats/registry.ts";
import { typedView } from "../../src/model/dtype.ts";
import type { RunIndex } from "../../src/recorder/run-index.ts";
import { maiTai, newportMeter } from "../instruments/instrument-models.ts";
import { serveInstrument } from "../instruments/serve-instrument.ts";
import { type Misbehaviour, SimulatedInstrument } from "../instruments/simulated-instrument.ts";

const root = mkdtempSync(join(tmpdir(), "daq-bad-luck-"));
after(() => rmSync(root, { recursive: true, force: true }));

/** A laser and a meter on TCP ports, and a folder with a plan and its configuration. */
async function laboratory(context: TestContext, plan: string, metadata = "") {
  const laser = new SimulatedInstrument(maiTai(1e6).respond);
  const meter = new SimulatedInstrument(newportMeter().respond);
  const [laserServed, meterServed] = [await serveInstrument(laser), await serveInstrument(meter)];
  context.after(() => {
    laserServed.stop();
    meterServed.stop();
  });
  const folder = mkdtempSync(join(root, "plan-"));
  writeFileSync(join(folder, "plan.ts"), plan);
  const device = (id: string, description: string, port: number) =>
    `[[devices]]\nid = "${id}"\ndriver = "scpi"\ndescription = "${description}"\ntcp = "127.0.0.1:${port}"\ntimeout_ms = 300\n`;
  writeFileSync(
    join(folder, "plan.toml"),
    `[experiment]
name = "scan"
${metadata}
[storage]
format = ["hdf5", "arrow"]
output_path = ${JSON.stringify(join(folder, "run.{ext}"))}
documents = true
flush_interval_ms = 100
[ring_buffer]
size_mb = 8
${device("laser", "spectra-physics.maitai", laserServed.port)}
${device("meter", "newport.1830-c", meterServed.port)}`,
  );
  const running = spawnDaq(["run", "plan.ts", "--json"], { cwd: folder });
  return { folder, laser, meter, meterServed, running };
}

type Finished = {
  readonly exitStatus: string;
  readonly reason: string;
  readonly runs: readonly { readonly index: RunIndex; readonly indexPath: string }[];
};

const finishedOf = (out: string) =>
  jsonLines(out).find(({ event }) => event === "finished") as unknown as Finished;

/** The files hold `points`, their documents are in order, and both say how it ended. */
async function assertEnded(folder: string, out: string, points: number, status: string, reason: RegExp) {
  const { exitStatus, reason: said, runs } = finishedOf(out);
  assert.equal(exitStatus, status);
  assert.match(said, reason);
  const { index, indexPath } = runs[0]!;
  for (const { format, files, ledger } of index.outputs) {
    assert.equal(ledger.ending?.exitStatus, status);
    assert.match(ledger.ending?.reason ?? "", reason);
    const path = join(folder, dirname(indexPath), files[0]!.path);
    const file = existsSync(path) ? path : join(dirname(indexPath), files[0]!.path);
    let rows = 0;
    for await (const { count } of (await loadFormat(format)).read(file, "primary")) rows += count;
    assert.equal(rows, points, format);
  }
  const order = new DocumentOrder();
  for await (const { name, doc } of readJsonlDocuments(join(folder, "run.documents.jsonl"))) {
    order.accept(name, doc);
    if (name !== "stop") continue;
    assert.equal(doc.exit_status, status);
    assert.match(doc.reason ?? "", reason);
  }
  assert.ok(order.complete);
}

const fivePoints = `import { scan } from "daq-storage/engine";
export default (devices) => scan(
  [devices.need("meter", "readable")], { axis: devices.need("laser", "movable"), start: 700, stop: 740 }, 5);
`;

/** From the third reading on. */
function fromThird(line: string, what: Misbehaviour): Misbehaviour {
  let readings = 0;
  return (asked, answer, wire) => (asked === line && ++readings > 2 ? what(asked, answer, wire) : undefined);
}

describe("a scan through real instruments", () => {
  for (const [what, misbehaviour, reason] of [
    ["never answers any more", () => "handled", /meter .* did not answer "D\?" within 300 ms/],
    [
      "answers too late",
      async () => {
        await wait(1500);
        return undefined;
      },
      /meter .* did not answer "D\?" within 300 ms/,
    ],
    [
      "gives three values for one",
      (_line, _answer, wire) => {
        wire.send("1,2,3\n");
        return "handled";
      },
      /meter .* answered "D\?" with "1,2,3", which is not a number/,
    ],
  ] as readonly (readonly [string, Misbehaviour, RegExp])[])
    test(`whose meter ${what} ends as failed: the points before are there, and the laser is shut`, async (context) => {
      const { folder, laser, meter, running } = await laboratory(context, fivePoints);
      meter.misbehaviour = fromThird("D?", misbehaviour);
      const { code, out, error } = await running.done;
      assert.equal(code, 1, error);
      assert.match(error, reason);
      await assertEnded(folder, out, 2, "fail", reason);
      assert.equal(laser.told.filter((line) => line.startsWith("SHUTter ")).at(-1), "SHUTter 0");
    });

  test("whose meter is gone in the middle names its address, and is shut too", async (context) => {
    const { folder, laser, meter, meterServed, running } = await laboratory(context, fivePoints);
    meter.misbehaviour = fromThird("D?", () => {
      meterServed.stop();
      return "handled";
    });
    const { code, out, error } = await running.done;
    assert.equal(code, 1, error);
    await assertEnded(folder, out, 2, "fail", /127\.0\.0\.1:\d+ refused the connection/);
    assert.equal(laser.told.filter((line) => line.startsWith("SHUTter ")).at(-1), "SHUTter 0");
  });

  for (const [what, plan, metadata, expected, refusal] of [
    [
      "that leaves a limit at point 9,000",
      `import { listScan } from "daq-storage/engine";
export default (devices) => listScan([devices.need("meter", "readable")], {
  axis: devices.need("laser", "movable"),
  places: Array.from({ length: 10_000 }, (_, index) => (index === 8_999 ? 1041 : 700 + (index % 300))),
});`,
      "",
      1,
      /1041 nm: its limits are 690 to 1040 nm\. That is point 9000 of the plan; nothing was moved/,
    ],
    [
      "whose metadata have a name of the run",
      fivePoints,
      'plan_name = "mine"',
      2,
      /The metadata key "plan_name" is taken/,
    ],
    ["of a device that is not there", fivePoints.replace("meter", "metre"), "", 2, /no device "metre"/],
    [
      "that is broken before its first step",
      'export default () => { throw new Error("broken"); };',
      "",
      1,
      /plan\.ts:1: broken/,
    ],
    ["that gives no plan", "export default async () => {};", "", 1, /plan\.ts gives no plan/],
  ] as const)
    test(`${what} is refused before anything has moved, and makes no file`, async (context) => {
      const { folder, laser, running } = await laboratory(context, plan, metadata);
      const { code, error } = await running.done;
      assert.equal(code, expected, error);
      assert.match(error, refusal);
      assert.doesNotMatch(error, /fault of daq-storage/);
      assert.deepEqual(
        laser.told.filter((line) => line.startsWith("WAVelength ")),
        [],
      );
      assert.deepEqual(readdirSync(folder).sort(), ["plan.toml", "plan.ts"]);
    });
});

/** A device in the plan's own file, with the parts that are given. */
const own = (
  parts: string,
  steps: string,
) => `import { checkpoint, inRun, moveTo, save, triggerAndRead } from "daq-storage/engine";
let reads = 0;
const mine = {
  id: "mine",
  axis: { unit: "mm", limits: [-5, 5] },
  describe: async () => ({ mine: { dtype: "float64", unit: "mm", source: "the plan" } }),
  read: async () => ({ mine: { value: ++reads, timestampNs: BigInt(Date.now()) * 1_000_000n } }),
  position: async () => 0,
  moveTo: async () => {},
  stop: async () => {},
  ${parts}
};
export default (devices) => inRun({ plan_name: "mine" }, [devices.need("laser", "readable")], (function* () {
  for (let point = 1; point <= 5; point++) {
    yield* checkpoint();
    ${steps}
  }
})());
`;

describe("a plan with a device of its own", () => {
  test("that never arrives and never stops is aborted within 200 ms, and the laser is shut", async (context) => {
    const plan = own(
      "moveTo: (place) => (place < 3 ? Promise.resolve() : new Promise(() => {})), stop: () => new Promise(() => {}),",
      `if (point === 3) console.error("now");\n    yield* moveTo([[mine, point]]);\n    yield* triggerAndRead([mine]);`,
    );
    const { folder, laser, running } = await laboratory(context, plan);
    await until(() => running.captured.error.includes("now"), "the move that does not end");
    const startNs = BigInt(Date.now()) * 1_000_000n;
    running.child.kill("SIGINT");
    const { code, out, error } = await running.done;
    assert.equal(code, 1, error);
    await assertEnded(folder, out, 2, "abort", /aborted with Ctrl-C/);
    for await (const { name, doc } of readJsonlDocuments(join(folder, "run.documents.jsonl")))
      if (name === "stop")
        assert.ok(BigInt(doc.time_ns!) - startNs < 400_000_000n, "with the time of the signal");
    assert.equal(laser.told.filter((line) => line.startsWith("SHUTter ")).at(-1), "SHUTter 0");
  });

  for (const [what, parts, steps, points, reason] of [
    [
      "gives two values for one",
      "read: async () => ({ mine: { value: ++reads > 2 ? [1, 2] : 1, timestampNs: 1n } }),",
      "yield* triggerAndRead([mine]);",
      2,
      /Stream primary: mine: expected number, found/,
    ],
    [
      "saves an event that it never created",
      "",
      "yield* triggerAndRead([mine]);\n    if (point === 3) yield* save();",
      3,
      /saved that was never created/,
    ],
    [
      "throws by itself",
      "",
      "yield* triggerAndRead([mine]);\n    if (point === 3) throw new Error('out of helium');",
      3,
      /plan\.ts:\d+: out of helium/,
    ],
  ] as const)
    test(`that ${what} ends as failed, exit code 1, with the points before`, async (context) => {
      const { folder, running } = await laboratory(context, own(parts, steps));
      const { code, out, error } = await running.done;
      assert.equal(code, 1, error);
      await assertEnded(folder, out, points, "fail", reason);
      assert.doesNotMatch(error, /fault of daq-storage/);
    });

  test("that reads not-a-number stores that, and not a missing value", async (context) => {
    const parts =
      "read: async () => ({ mine: { value: ++reads === 3 ? NaN : reads === 4 ? null : reads, timestampNs: 1n } }),";
    const { folder, running } = await laboratory(context, own(parts, "yield* triggerAndRead([mine]);"));
    const { code, out, error } = await running.done;
    assert.equal(code, 0, error);
    await assertEnded(folder, out, 5, "success", /^$/);
    const values: unknown[] = [];
    for await (const { stream, columns, count } of (await loadFormat("arrow")).read(
      join(folder, "run.arrow"),
      "primary",
    )) {
      const at = stream.columns.findIndex(({ name }) => name === "mine");
      const { bytes, validity } = columns[at]!;
      for (let row = 0; row < count; row++)
        values.push(validity?.[row] === 0 ? null : typedView("float64", bytes)[row]);
    }
    assert.deepEqual(values, [1, 2, Number.NaN, null, 5]);
  });
});
