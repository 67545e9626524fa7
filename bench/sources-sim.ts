import type { Driver } from "../src/devices/contract.ts";
import { loadDriver } from "../src/devices/registry.ts";
import { systemClock } from "../src/devices/system-clock.ts";
import type { SettingValues } from "../src/model/setting.ts";
import { columnItemBytes } from "../src/model/stream-schema.ts";
import { RingWriter } from "../src/ring/ring-writer.ts";
import { withDefaults } from "../src/testing/with-defaults.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";

type SourceCase = { readonly name: string; readonly driver: string; readonly settings: SettingValues };

const sourceCases: readonly SourceCase[] = [
  {
    name: "sources/sim.camera-640x480",
    driver: "sim.camera",
    settings: { width: 640, height: 480, bit_depth: 8 },
  },
  {
    name: "sources/sim.camera-2048x2048",
    driver: "sim.camera",
    settings: { width: 2048, height: 2048, bit_depth: 12 },
  },
  { name: "sources/sim.adc-4ch", driver: "sim.adc", settings: { channels: 4, sample_rate_hz: 1_000_000 } },
];

const ringBytes = 256 * 2 ** 20;
const runMs = 2_000;
const quickMs = 200;

async function produce(context: BenchmarkContext, driver: Driver, settings: SettingValues): Promise<Figures> {
  const source = driver.create!("device0", withDefaults(driver, { ...settings, paced: false }));
  const ring = RingWriter.create(context.ringPath(), { sizeBytes: ringBytes });
  try {
    const streams = source.streams.map((schema) => ring.openStream(schema));
    const signal = AbortSignal.timeout(context.quick ? quickMs : runMs);
    const start = performance.now();
    await source.run({
      sink: { openStream: (schema) => streams.find((stream) => stream.schema.name === schema.name)! },
      clock: systemClock,
      signal,
      warn: () => {},
    });
    const seconds = (performance.now() - start) / 1000;
    const records = streams.reduce((sum, stream) => sum + stream.produced, 0);
    const itemBytes = streams[0]!.schema.columns.reduce((sum, column) => sum + columnItemBytes(column), 0);
    return { records_per_s: records / seconds, mb_per_s: (records * itemBytes) / 1e6 / seconds };
  } finally {
    ring.remove();
  }
}

export const sourcesSim: Benchmark = {
  name: "sources-sim",
  question: "How fast can the simulated devices produce, when nothing holds them back?",
  cases: sourceCases.map(({ name }) => name),

  async run(context) {
    for (const { name, driver, settings } of sourceCases) {
      if (!context.wants(name)) continue;
      const loaded = await loadDriver(driver);
      await context.measure(name, () => produce(context, loaded, settings));
    }
  },
};
