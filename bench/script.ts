import { readFileSync } from "node:fs";
import type { Readable } from "../src/devices/capabilities.ts";
import { RunEngine } from "../src/engine/run-engine.ts";
import { runScript, ScriptEngine } from "../src/script/index.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";

const cases = ["script/while", "script/parse", "script/read-value", "script/set-exposure"] as const;

async function milliseconds(work: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** The loop of Rhai's own speed test, and the same with BigInt, in turn. */
async function loop(turns: number): Promise<Figures> {
  const engine = new ScriptEngine();
  const program = engine.compile(`let x = ${turns}; while x > 0 { x -= 1; } x`);
  await engine.run(program);
  const script_ms = await milliseconds(() => engine.run(program));
  const bigint_ms = await milliseconds(() => {
    let x = BigInt(turns);
    while (x > 0n) x -= 1n;
    return x;
  });
  return { times_bigint: script_ms / bigint_ms, script_ms, bigint_ms };
}

const token =
  /\s+|\/\/[^\n]*|`[^`]*`|"(?:[^"\\]|\\.)*"|0x[0-9a-f]+|\d+(?:\.\d+)?|[A-Za-z_]\w*|[-+*/%<>=!&|^.?:]+|[\s\S]/g;

/** The longest script of the guide, over and over, in functions of their own, so that it is one script. */
function longScript(lines: number): string {
  const guide = readFileSync(
    new URL("../examples/scripts/wavelength_scan.rhai", import.meta.url),
    "utf8",
  ).trimEnd();
  const text: string[] = [];
  for (let part = 0; text.length < lines; part++)
    text.push(`fn part${part}() {`, ...guide.split("\n").map((line) => `    ${line}`), "}");
  return text.slice(0, lines - (lines % (guide.split("\n").length + 2))).join("\n");
}

async function parse(lines: number): Promise<Figures> {
  const text = longScript(lines);
  const engine = new ScriptEngine();
  engine.compile(text);
  const parse_ms = await milliseconds(() => engine.compile(text));
  const tokens_ms = await milliseconds(() => {
    let length = 0;
    for (const [piece] of text.matchAll(token)) length += piece.length;
    return length;
  });
  return { times_tokens: parse_ms / tokens_ms, parse_ms, tokens_ms };
}

/** A power meter that answers at once. */
const meter = {
  id: "meter",
  exposureLimits: [0, 10],
  describe: async () => ({ meter: { dtype: "float64", unit: "mW", source: "bench" } }),
  read: async (_signal: AbortSignal) => ({ meter: { value: 1.5, timestampNs: 1n } }),
  setExposure: async () => {},
} as const satisfies Readable & { readonly [name: string]: unknown };

/** What one call of a script takes longer than the call of the device that it comes to. */
async function calls(
  count: number,
  statement: string,
  call: (signal: AbortSignal) => Promise<unknown>,
): Promise<Figures> {
  const { signal } = new AbortController();
  const engine = new RunEngine();
  let documents = 0;
  engine.subscribe(() => {
    documents++;
  });
  const laboratory = { devices: new Map([[meter.id, meter]]), engine };
  const text = `let m = create_power_meter("meter"); for n in 0..${count} { ${statement}; }`;
  const script_ms = await milliseconds(() => runScript({ text, name: "bench" }, laboratory));
  const device_ms = await milliseconds(async () => {
    for (let number = 0; number < count; number++) await call(signal);
  });
  return {
    added_us: ((script_ms - device_ms) * 1000) / count,
    script_us: (script_ms * 1000) / count,
    documents,
  };
}

export const script: Benchmark = {
  name: "script",
  question: "How fast are scripts: loops, reading, and what a call adds to the device's own time?",
  cases,
  async run(context: BenchmarkContext): Promise<void> {
    const share = context.quick ? 0.01 : 1;
    await context.measure("script/while", () => loop(1_000_000 * share), {
      goals: [{ quantity: "times_bigint", atMost: 20 }],
    });
    await context.measure("script/parse", () => parse(4000 * share), {
      goals: [{ quantity: "times_tokens", atMost: 20 }],
    });
    const count = 20_000 * share;
    const goals = [{ quantity: "added_us", atMost: 50 }];
    await context.measure(
      "script/read-value",
      () => calls(count, "m.read_value()", (signal) => meter.read(signal)),
      {
        goals,
      },
    );
    await context.measure(
      "script/set-exposure",
      () => calls(count, "m.set_exposure(1)", () => meter.setExposure()),
      {
        goals,
      },
    );
  },
};
