import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SpotImage } from "../../src/devices/sim/spot-image.ts";
import { openHdf5 } from "../../src/formats/hdf5/open-hdf5.ts";
import { RingReader } from "../../src/ring/ring-reader.ts";
import { recorderPid } from "../faults/counter-run.ts";
import { DaqRecord } from "../system/daq-record.ts";

const [width, height, bitDepth, rateHz, seed, exposureMs] = [2048, 2048, 16, 100, 5, 2];
const frameBytes = width * height * 2;
const ringMb = 128;
const goalMb = 350;
const python = process.env.PYTHON ?? "python3";

type Digests = { readonly reader: string; readonly frames: number; readonly digests: readonly string[] };

/** Resident memory of a process in MiB, in the kernel's three kinds. */
type Memory = { readonly own: number; readonly files: number; readonly shared: number };

/**
 * `--gb` 10⁹ bytes of frames from a simulated camera, as fast as disk and codec take them. `--formats hdf5,arrow` writes
 * both. Every frame is accounted for, some are compared with what the camera drew, and the recorder's memory is watched.
 */
export async function recordGigabytes(
  loops: number,
  log: (line: string) => void,
  { gb = "20", formats = "hdf5", compression = "none" }: { readonly [option: string]: string | undefined },
): Promise<void> {
  const frames = Math.ceil((Number(gb) * 1e9) / frameBytes);
  if (!Number.isSafeInteger(frames) || frames < 1) throw new Error(`--gb ${gb} is not a number above 0.`);
  for (let loop = 1; loop <= loops; loop++) {
    const folder = mkdtempSync(join(tmpdir(), "daq-gigabytes-"));
    try {
      await recordInto(folder, frames, formats.split(","), compression, log);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

async function recordInto(
  folder: string,
  frames: number,
  formats: readonly string[],
  compression: string,
  log: (line: string) => void,
): Promise<void> {
  const config = join(folder, "run.toml");
  writeFileSync(
    config,
    [
      "[storage]",
      `format = ${JSON.stringify(formats)}`,
      `output_path = ${JSON.stringify(join(folder, "run.{ext}"))}`,
      `compression = "${compression}"`,
      "[ring_buffer]",
      `size_mb = ${ringMb}`,
      'overflow = "block"',
      "block_timeout_ms = 120000",
      "[[devices]]",
      'id = "camera0"',
      'driver = "sim.camera"',
      ...Object.entries({
        width,
        height,
        rate_hz: rateHz,
        bit_depth: bitDepth,
        exposure_ms: exposureMs,
        seed,
      }).map(([key, value]) => `${key} = ${value}`),
      "paced = false",
    ].join("\n"),
  );
  const started = performance.now();
  const run = new DaqRecord([config, "--frames", String(frames)]);
  await run.until(() => run.started !== undefined);
  const memory = await watchRecorder(run, log);
  const { code } = await run.ended;
  const seconds = (performance.now() - started) / 1000;
  assert.equal(code, 0, run.stderr);
  const outputs = run.finished!.index.outputs;
  for (const { format, ledger, files } of outputs) {
    const { produced, stored, lost } = ledger.accounts[0]!;
    assert.deepEqual([produced, stored, lost], [frames, frames, 0], format);
    const path = join(folder, files[0]!.path);
    const reader = await checkFile(path, format, frames);
    log(`${format}: ${stored} frames, ${statSync(path).size} bytes, none lost; compared by ${reader}`);
  }
  const megabytes = (frames * frameBytes) / 1e6;
  log(`${megabytes.toFixed(0)} MB in ${seconds.toFixed(1)} s: ${(megabytes / seconds).toFixed(0)} MB/s`);
  reportMemory(memory, log);
}

async function watchRecorder(run: DaqRecord, log: (line: string) => void): Promise<readonly Memory[]> {
  const tap = RingReader.attach(run.started!.ringPath, { name: "watch", durable: false, from: "newest" });
  const seen: Memory[] = [];
  let pid = recorderPid(tap);
  for (; pid === undefined && !run.isOver; pid = recorderPid(tap)) await sleep(10);
  let saidAt = performance.now();
  while (!run.isOver) {
    const memory = memoryOf(pid!);
    if (memory === undefined) break;
    seen.push(memory);
    if (performance.now() - saidAt > 20_000) {
      saidAt = performance.now();
      const recorded = run.progress.at(-1)?.recorder;
      log(
        `${recorded?.streams.map(({ read }) => read)} frames read; ${memory.own + memory.files} MiB resident, and ${memory.shared} MiB of the ring`,
      );
    }
    await sleep(200);
  }
  tap.detach();
  return seen;
}

function memoryOf(pid: number): Memory | undefined {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return undefined;
  }
  const mebibytes = (key: string) => {
    const found = status.match(new RegExp(`^${key}:\\s+(\\d+) kB`, "m"))?.[1];
    return found === undefined ? undefined : Math.round(Number(found) / 1024);
  };
  const [own, files, shared] = ["RssAnon", "RssFile", "RssShmem"].map(mebibytes);
  // A process that has ended and is not yet waited for has no memory.
  return own === undefined ? undefined : { own, files: files!, shared: shared! };
}

function reportMemory(seen: readonly Memory[], log: (line: string) => void): void {
  const totals = seen.map(({ own, files }) => own + files);
  const peak = Math.max(...totals);
  const quarter = Math.ceil(totals.length / 4);
  const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [early, late] = [mean(totals.slice(quarter, 2 * quarter)), mean(totals.slice(-quarter))];
  log(
    `The recorder's own memory: at most ${peak} MiB, ${early.toFixed(0)} MiB on average in the second quarter of the run, ` +
      `${late.toFixed(0)} MiB in the last; of the ring (${ringMb} MiB) up to ${Math.max(...seen.map(({ shared }) => shared))} MiB were mapped.`,
  );
  assert.ok(peak <= goalMb, `the recorder had ${peak} MiB of its own; the goal is ${goalMb}`);
  assert.ok(
    late <= early + 50,
    `the recorder's memory grew from ${early.toFixed(0)} to ${late.toFixed(0)} MiB`,
  );
}

/** Compares frames here and there with what the camera drew; returns who read them. */
async function checkFile(path: string, format: string, frames: number): Promise<string> {
  const wanted = [...new Set([0, 1, frames >> 2, frames >> 1, frames - 2, frames - 1])].filter(
    (at) => at >= 0,
  );
  const image = new SpotImage({ width, height, exposureMs, bitDepth, rateHz, seed });
  const pixels = new Uint16Array(width * height);
  const expected = wanted.map((at) => {
    image.draw(at, pixels);
    return sha256(new Uint8Array(pixels.buffer));
  });
  if (format === "hdf5") await checkSequence(path, frames);
  const found = await foreignDigests(path, format, wanted);
  assert.equal(found.frames, frames, path);
  assert.deepEqual(found.digests, expected, `${path} by ${found.reader}`);
  return found.reader;
}

async function checkSequence(path: string, frames: number): Promise<void> {
  const file = await openHdf5(path);
  const sequence = file.dataset("/entry/camera0/sequence")!.value as BigInt64Array;
  file.close();
  assert.equal(sequence.length, frames);
  for (const [at, value] of sequence.entries()) assert.equal(value, BigInt(at), path);
}

async function foreignDigests(path: string, format: string, wanted: readonly number[]): Promise<Digests> {
  const script = join(import.meta.dirname, "frame_digests.py");
  const answer = JSON.parse(
    execFileSync(python, [script, path, ...wanted.map(String)], { encoding: "utf8" }),
  ) as Digests | { missing: string };
  if (!("missing" in answer)) return answer;
  if (format !== "hdf5")
    throw new Error(`${python}: ${answer.missing}; set PYTHON to one that reads ${format}.`);
  const file = await openHdf5(path);
  const dataset = file.dataset("/entry/camera0/frame")!;
  const digests = wanted.map((at) => {
    const { buffer, byteOffset, byteLength } = dataset.slice([[at, at + 1]]) as Uint16Array;
    return sha256(new Uint8Array(buffer, byteOffset, byteLength));
  });
  const [count] = dataset.shape!;
  file.close();
  return { reader: "h5wasm", frames: count!, digests };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
