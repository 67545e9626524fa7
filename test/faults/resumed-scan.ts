/** A grid scan that is killed, and taken up again; and the same scan without that, to compare. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { spawnDaq } from "../../src/cli/captured-terminal.test.ts";
import { loadFormat } from "../../src/formats/registry.ts";
import { type Element, elementReader } from "../../src/model/element-reader.ts";
import { readRunIndex } from "../../src/recorder/run-index.ts";

const program = resolve(import.meta.dirname, "../../bin/daq.js");

const rows = 6;
const places = 10;
export const points = rows * places;

const planOf = (places: number) => `import { gridScan } from "daq-storage/engine";
export default (devices) =>
  gridScan(
    [devices.need("cam", "readable"), devices.need("meter", "readable"), devices.need("shutter", "readable")],
    { axis: devices.need("laser", "movable"), start: 780, stop: 820, num: ${rows} },
    { axis: devices.need("stage", "movable"), start: -1, stop: 1, num: ${places}, snake: true },
  );
`;

/** Devices that give the same at the same place, whenever it is reached. */
const devices = `
[[devices]]
id = "laser"
driver = "sim.laser"
paced = false
repeatability = 0

[[devices]]
id = "stage"
driver = "sim.stage"
paced = false
repeatability = 0

[[devices]]
id = "shutter"
driver = "sim.shutter"
paced = false

[[devices]]
id = "meter"
driver = "sim.power_meter"
paced = false
noise = 0

[[devices]]
id = "cam"
driver = "sim.camera"
width = 24
height = 16
bit_depth = 12
exposure_ms = 10
speed = 1
`;

export class ScanFolder {
  readonly path = mkdtempSync(join(tmpdir(), "daq-resumed-"));
  readonly index = join(this.path, "scan.run.json");
  readonly documents = join(this.path, "scan.documents.jsonl");
  readonly formats: readonly string[];

  constructor(formats: readonly string[]) {
    this.formats = formats;
    const frames = formats.filter((format) => format !== "csv");
    this.plan(places);
    writeFileSync(
      join(this.path, "plan.toml"),
      [
        '[experiment]\nname = "scan"',
        `[storage]\nformat = ${JSON.stringify(formats)}\noutput_path = ${JSON.stringify(join(this.path, "scan.{ext}"))}`,
        "documents = true\nflush_interval_ms = 50",
        "[storage.zarr]\nzarr_format = 2",
        "[ring_buffer]\nsize_mb = 8",
        devices,
        `format = ${JSON.stringify(frames)}`,
      ].join("\n"),
    );
  }

  /** Writes the plan, with so many places in a row. */
  plan(places: number): void {
    writeFileSync(join(this.path, "plan.ts"), planOf(places));
  }

  run(...args: readonly string[]) {
    return spawnDaq(["run", join(this.path, "plan.ts"), ...args]).done;
  }

  resume() {
    return this.run("--resume", this.index);
  }

  /** Carries the plan out, or goes on with it, and kills it when `isTime` says so; with its recorder, or alone. */
  async kill(
    isTime: (milliseconds: number) => boolean,
    { withRecorder, more = [] }: { readonly withRecorder: boolean; readonly more?: readonly string[] },
  ): Promise<void> {
    const child = spawn(process.execPath, [program, "run", join(this.path, "plan.ts"), ...more], {
      stdio: ["ignore", "ignore", "ignore"],
      // A group of its own: its recorder can die with it.
      detached: true,
    });
    let isOver = false;
    const gone = new Promise<void>((done) => child.once("exit", () => done())).then(() => {
      isOver = true;
    });
    const startedMs = performance.now();
    while (!isOver && !isTime(performance.now() - startedMs)) await sleep(2);
    try {
      process.kill(withRecorder ? -child.pid! : child.pid!, "SIGKILL");
    } catch {
      // It ended by itself.
    }
    await gone;
  }

  killAt(events: number, options: Parameters<ScanFolder["kill"]>[1]): Promise<void> {
    return this.kill(() => this.events() >= events, options);
  }

  /** Events in its documents. */
  events(): number {
    return existsSync(this.documents)
      ? readFileSync(this.documents, "utf8").split('{"name":"event"').length - 1
      : 0;
  }

  /** All values of the run's streams but times, by format, stream and column. */
  async values(): Promise<Record<string, readonly (Element | null)[]>> {
    const index = await readRunIndex(this.index);
    const values: Record<string, (Element | null)[]> = {};
    for (const { format, files } of index.outputs)
      for (const { path, streams } of files)
        for (const stream of streams)
          for await (const batch of (await loadFormat(format)).read(join(this.path, path), stream)) {
            const add = (name: string, column: Iterable<Element | null>) => {
              const key = `${format} ${stream} ${name}`;
              values[key] ??= [];
              for (const value of column) values[key].push(value);
            };
            add("sequence", batch.sequences);
            for (const [at, described] of batch.stream.columns.entries()) {
              const { name } = described;
              if (name.endsWith("_time_ns")) continue;
              const { bytes, validity } = batch.columns[at]!;
              const elementAt = elementReader(described, bytes);
              const elements = described.shape.reduce((product, size) => product * size, batch.count);
              const column = Array.from({ length: elements }, (_, index) =>
                validity?.[Math.floor((index * batch.count) / elements)] === 0 ? null : elementAt(index),
              );
              add(name, column);
            }
          }
    return values;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
