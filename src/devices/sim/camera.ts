import { DaqError } from "../../model/errors.ts";
import type { SettingValues } from "../../model/setting.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { configuredSchema } from "../configured-schema.ts";
import type { Driver, FrameSource, SourceContext, Surroundings } from "../contract.ts";
import { Beam } from "./beam.ts";
import { BenchCamera } from "./bench-camera.ts";
import { benchSettings, speedOf } from "./bench-settings.ts";
import { checkPositive, paceSettings } from "./pace-settings.ts";
import { produce } from "./produce.ts";
import { SpotImage, sensorOf } from "./spot-image.ts";

const bitDepths = [8, 10, 12, 16];
const usualExposureMs = 10;

/** A camera that looks at a drifting laser spot: signal proportional to exposure, shot noise, read noise, saturation. */
export const simCamera = {
  name: "sim.camera",
  summary:
    "Simulated camera: a laser spot that drifts over a dark background, with the noise of a real sensor; in a plan it takes a frame when told, as bright as its beam.",
  settings: [
    {
      key: "width",
      kind: "integer",
      default: 640,
      min: 1,
      max: 16384,
      unit: "pixels",
      doc: "Pixels in a row.",
    },
    {
      key: "height",
      kind: "integer",
      default: 480,
      min: 1,
      max: 16384,
      unit: "pixels",
      doc: "Rows in a frame.",
    },
    {
      key: "rate_hz",
      kind: "number",
      default: 30,
      unit: "Hz",
      check: checkPositive,
      doc: "Frames per second.",
    },
    {
      key: "exposure_ms",
      kind: "number",
      unit: "ms",
      check: checkPositive,
      doc: "How long each frame collects light; at most the frame period. Absent: 10 ms, or 80 % of a shorter period.",
    },
    {
      key: "bit_depth",
      kind: "integer",
      default: 8,
      doc: "Bits of the converter: 8 gives uint8; 10, 12 and 16 give uint16.",
      check: (value) => (bitDepths.includes(Number(value)) ? undefined : "expected 8, 10, 12 or 16"),
    },
    {
      key: "drop_every",
      kind: "integer",
      min: 1,
      doc: "Each N-th frame is lost in the camera and reported as lost, to see the loss ledger at work.",
    },
    ...benchSettings,
    ...paceSettings,
  ],
  create: (id, settings) => createCamera(id, settings),
  createDevice: (id, settings, surroundings) => createBenchCamera(id, settings, surroundings),
} satisfies Driver;

type CameraSettings = {
  readonly width: number;
  readonly height: number;
  readonly rateHz: number;
  readonly bitDepth: number;
  readonly exposureMs: number;
  readonly seed: number;
  readonly dropEvery: number | undefined;
};

function cameraSettings(settings: SettingValues): CameraSettings {
  const rateHz = settings.rate_hz as number;
  return {
    width: settings.width as number,
    height: settings.height as number,
    rateHz,
    bitDepth: settings.bit_depth as number,
    exposureMs:
      (settings.exposure_ms as number | undefined) ?? Math.min(usualExposureMs, (0.8 * 1000) / rateHz),
    seed: settings.seed as number,
    dropEvery: settings.drop_every as number | undefined,
  };
}

function schemaOf(id: string, { width, height, bitDepth, seed }: CameraSettings): StreamSchema {
  const sensor = sensorOf(bitDepth);
  return {
    name: id,
    kind: "array",
    source: "sim.camera",
    clock: "system",
    columns: [
      {
        name: "frame",
        dtype: bitDepth === 8 ? "uint8" : "uint16",
        shape: [height, width],
        dims: ["y", "x"],
        unit: "counts",
        range: [0, sensor.maxCounts],
      },
    ],
    metadata: {
      bit_depth: bitDepth,
      dark_offset_counts: sensor.darkOffsetCounts,
      electrons_per_count: sensor.electronsPerCount,
      read_noise_electrons: sensor.readNoiseElectrons,
      seed,
    },
  };
}

/** Where the spot is as bright as it is without a plan: half of what the laser has at 800 nm. */
const usualLight = { powerMw: 1250, wavelengthNm: 800 };

function createBenchCamera(id: string, settings: SettingValues, surroundings: Surroundings): BenchCamera {
  const camera = cameraSettings(settings);
  const beam = Beam.of(settings, surroundings);
  return new BenchCamera(id, surroundings.clock, {
    frames: configuredSchema(schemaOf(id, camera)),
    image: new SpotImage(camera),
    light: () => beam.light(usualLight),
    usualLight,
    exposureMs: camera.exposureMs,
    speed: speedOf(settings),
    ...(camera.dropEvery === undefined ? {} : { dropEvery: camera.dropEvery }),
  });
}

function createCamera(id: string, settings: SettingValues): FrameSource {
  const camera = cameraSettings(settings);
  const { width, height, rateHz, bitDepth, exposureMs, seed, dropEvery } = camera;
  const periodMs = 1000 / rateHz;
  if (exposureMs > periodMs)
    throw new DaqError(
      "config",
      `Device "${id}": exposure_ms = ${exposureMs} is longer than the frame period of ${Number(periodMs.toFixed(3))} ms (rate_hz = ${rateHz}).`,
      {
        hint: `Lower exposure_ms to ${Number(periodMs.toFixed(3))} or rate_hz to ${Number((1000 / exposureMs).toFixed(3))}.`,
      },
    );
  const triggered = schemaOf(id, camera);
  const schema = configuredSchema({
    ...triggered,
    rateHz,
    metadata: { exposure_ms: exposureMs, ...triggered.metadata },
  });
  const paced = settings.paced as boolean;

  async function run(context: SourceContext): Promise<void> {
    const stream = context.sink.openStream(schema);
    const image = new SpotImage({ width, height, exposureMs, bitDepth, rateHz, seed });
    await produce(context, { rateHz, paced, recordsPerStep: 1 }, async (frame) => {
      const takenAtNs = context.clock.nowNs();
      if (dropEvery !== undefined && (frame + 1) % dropEvery === 0)
        return stream.lose(1, "device", `frame ${frame}: dropped in the camera (drop_every = ${dropEvery})`);
      const pending = stream.reserve(1);
      const reservation = pending instanceof Promise ? await pending : pending;
      const bytes = reservation.columns[0]!;
      image.draw(
        frame,
        bitDepth === 8 ? bytes : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2),
      );
      reservation.commit(takenAtNs);
    });
  }

  return { id, streams: [schema], run };
}
