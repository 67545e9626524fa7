import { DaqError } from "../../model/errors.ts";
import type { StreamSink } from "../../model/frame-sink.ts";
import type { Quantities, Readings } from "../../model/reading.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import type { Exposing, FrameProducing, Parameterised } from "../capabilities.ts";
import type { Clock } from "../contract.ts";
import type { Light } from "./beam.ts";
import { siliconResponsivity } from "./silicon.ts";
import type { SpotImage } from "./spot-image.ts";

export type BenchCameraOptions = {
  readonly frames: StreamSchema;
  readonly image: SpotImage;
  readonly light: () => Light;
  /** The light under which the spot is as bright as `image` draws it. */
  readonly usualLight: Light;
  readonly exposureMs: number;
  readonly speed: number;
  /** Each N-th frame is lost in the camera. */
  readonly dropEvery?: number;
};

/** A camera that takes a frame of the beam's spot when it is triggered. */
export class BenchCamera implements FrameProducing, Exposing, Parameterised {
  readonly id: string;
  readonly frames: StreamSchema;
  readonly exposureLimits = [0.00001, 10] as const;
  readonly #clock: Clock;
  readonly #options: BenchCameraOptions;
  #exposureSeconds: number;
  #sink: StreamSink | undefined;
  /** Number of the next frame, in the stream of the sink where there is one. */
  #next = 0;
  #triggered: Readings | undefined;

  constructor(id: string, clock: Clock, options: BenchCameraOptions) {
    this.id = id;
    this.frames = options.frames;
    this.#clock = clock;
    this.#options = options;
    this.#exposureSeconds = options.exposureMs / 1000;
  }

  sendFramesTo(sink: StreamSink | undefined, first = 0): void {
    this.#sink = sink;
    this.#next = first;
  }

  async describe(): Promise<Quantities> {
    return {
      [`${this.id}_frame`]: {
        dtype: "int64",
        unit: null,
        source: `number of the frame in stream ${this.id}`,
      },
    };
  }

  async trigger(signal: AbortSignal): Promise<void> {
    this.#triggered = undefined;
    const milliseconds = (this.#exposureSeconds * 1000) / this.#options.speed;
    if (milliseconds > 0) await this.#clock.sleep(milliseconds, signal);
    signal.throwIfAborted();
    const timestampNs = this.#clock.nowNs();
    const value = await this.#store(timestampNs, signal);
    this.#triggered = { [`${this.id}_frame`]: { value, timestampNs } };
  }

  /** The number of the frame in its stream; null for one that is not there. */
  async #store(timestampNs: bigint, signal: AbortSignal): Promise<number | null> {
    const sink = this.#sink;
    if (sink === undefined) return null;
    const { dropEvery } = this.#options;
    if (dropEvery !== undefined && (this.#next + 1) % dropEvery === 0) {
      await sink.lose(1, "device", `frame ${this.#next}: dropped in the camera (drop_every = ${dropEvery})`);
      this.#next++;
      return null;
    }
    const reservation = await sink.reserve(1);
    // Where the sink took nothing, no number is gone.
    const frame = this.#next++;
    if (signal.aborted) {
      reservation.abandon("aborted", `frame ${frame}: the plan was interrupted while the ring was full`);
      throw signal.reason;
    }
    this.#draw(frame, reservation.columns[0]!);
    reservation.commit(timestampNs);
    return frame;
  }

  #draw(frame: number, bytes: Uint8Array): void {
    const { frames, image, light, usualLight } = this.#options;
    const pixels =
      frames.columns[0]!.dtype === "uint8"
        ? bytes
        : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
    image.draw(frame, pixels, (this.#exposureSeconds * 1000 * signalOf(light())) / signalOf(usualLight));
  }

  /** The frame that was triggered; without one, a new one. */
  async read(signal: AbortSignal): Promise<Readings> {
    if (this.#triggered === undefined) await this.trigger(signal);
    const readings = this.#triggered!;
    this.#triggered = undefined;
    return readings;
  }

  async setExposure(seconds: number): Promise<void> {
    const [shortest, longest] = this.exposureLimits;
    if (!(seconds >= shortest && seconds <= longest))
      throw new DaqError("device", `${this.id} cannot expose for ${seconds} s.`, {
        hint: `Choose from ${shortest} to ${longest} s.`,
      });
    this.#exposureSeconds = seconds;
  }

  async describeParameters(): Promise<Quantities> {
    return {
      exposure: { dtype: "float64", unit: "s", limits: this.exposureLimits, source: "sim camera: setting" },
    };
  }

  async readParameters(): Promise<Readings> {
    return { exposure: { value: this.#exposureSeconds, timestampNs: this.#clock.nowNs() } };
  }
}

function signalOf({ powerMw, wavelengthNm }: Light): number {
  return powerMw * siliconResponsivity(wavelengthNm);
}
