import { DaqError } from "../../model/errors.ts";
import type { SettingValues } from "../../model/setting.ts";
import { configuredSchema } from "../configured-schema.ts";
import type { Driver, FrameSource, SourceContext } from "../contract.ts";
import { checkPositive, paceSettings } from "./pace-settings.ts";
import { produce } from "./produce.ts";
import { SpotImage, sensorOf } from "./spot-image.ts";

const bitDepths = [8, 10, 12, 16];
const usualExposureMs = 10;

/** A camera that looks at a drifting laser spot: signal proportional to exposure, shot noise, read noise, saturation. */
export const simCamera: Driver = {
  name: "sim.camera",
  summary:
    "Simulated camera: a laser spot that drifts over a dark background, with the noise of a real sensor.",
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
    ...paceSettings,
  ],
  create: (id, settings) => createCamera(id, settings),
};

function createCamera(id: string, settings: SettingValues): FrameSource {
  const width = settings.width as number;
  const height = settings.height as number;
  const rateHz = settings.rate_hz as number;
  const bitDepth = settings.bit_depth as number;
  const seed = settings.seed as number;
  const dropEvery = settings.drop_every as number | undefined;
  const periodMs = 1000 / rateHz;
  const exposureMs =
    (settings.exposure_ms as number | undefined) ?? Math.min(usualExposureMs, 0.8 * periodMs);
  if (exposureMs > periodMs)
    throw new DaqError(
      "config",
      `Device "${id}": exposure_ms = ${exposureMs} is longer than the frame period of ${Number(periodMs.toFixed(3))} ms (rate_hz = ${rateHz}).`,
      {
        hint: `Lower exposure_ms to ${Number(periodMs.toFixed(3))} or rate_hz to ${Number((1000 / exposureMs).toFixed(3))}.`,
      },
    );
  const sensor = sensorOf(bitDepth);
  const schema = configuredSchema({
    name: id,
    kind: "array",
    source: "sim.camera",
    clock: "system",
    rateHz,
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
      exposure_ms: exposureMs,
      bit_depth: bitDepth,
      dark_offset_counts: sensor.darkOffsetCounts,
      electrons_per_count: sensor.electronsPerCount,
      read_noise_electrons: sensor.readNoiseElectrons,
      seed,
    },
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
