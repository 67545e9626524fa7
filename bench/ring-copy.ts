import type { StreamSchema } from "../src/model/stream-schema.ts";
import type { RingStream } from "../src/ring/ring-stream.ts";
import { RingWriter } from "../src/ring/ring-writer.ts";
import type { Benchmark, BenchmarkContext, Figures } from "./harness/benchmark.ts";
import { MappedMemory } from "./harness/mapped-memory.ts";

const frameBytes = 8 * 2 ** 20;
/** Far more than the caches hold, as a ring is. */
const memoryBytes = 256 * 2 ** 20;
/** A frame's place in the ring: copies whose ends differ by whole pages are slower, so the yardstick has it too. */
const headerBytes = 64;
const framesPerLap = Math.floor(memoryBytes / (frameBytes + headerBytes));
/** Ring and plain copy take turns after so many frames, so that both see the same machine. */
const framesPerTurn = 16;
const turns = 8;

const copyCase = "ring/copy/frames-8MiB";
const reserveCase = "ring/reserve/frames-8MiB";

const schema: StreamSchema = {
  name: "camera",
  kind: "array",
  source: "benchmark",
  clock: "system",
  columns: [{ name: "frame", dtype: "uint16", shape: [2048, 2048], dims: ["y", "x"] }],
};

function placeOf(frame: number): number {
  return (frame % framesPerLap) * (frameBytes + headerBytes) + headerBytes;
}

type PutFrame = (stream: RingStream, frame: Uint8Array) => void;

/** Waiting is not part of it: a ring that discards its oldest records always has space. */
function write(stream: RingStream, frame: Uint8Array): void {
  if (stream.write({ count: 1, timestampNs: 1n, columns: [frame] }) !== undefined)
    throw new Error("the ring was full");
}

/** The driver fills the ring's memory itself; a camera's driver would do it by DMA. */
function fillInPlace(stream: RingStream, frame: Uint8Array): void {
  const reservation = stream.reserve(1);
  if (reservation instanceof Promise) throw new Error("the ring was full");
  reservation.columns[0]!.set(frame);
  reservation.commit(1n);
}

class Copies {
  readonly #source: MappedMemory;
  readonly #plain: MappedMemory;
  readonly #ring: RingWriter;
  readonly #stream: RingStream;

  constructor(context: BenchmarkContext) {
    this.#source = new MappedMemory(context.ringPath(), memoryBytes);
    this.#plain = new MappedMemory(context.ringPath(), memoryBytes);
    this.#ring = RingWriter.create(context.ringPath(), { sizeBytes: memoryBytes });
    this.#stream = this.#ring.openStream(schema);
    this.#source.bytes.fill(7);
  }

  #frame(number: number): Uint8Array {
    const at = (number * frameBytes) % memoryBytes;
    return this.#source.bytes.subarray(at, at + frameBytes);
  }

  /** Copies the same frames both ways, in turns; both go once and again through memory of the same size. */
  run(put: PutFrame, turnCount: number): Figures {
    let ringMs = 0;
    let plainMs = 0;
    for (let turn = 0; turn < turnCount; turn++) {
      const first = turn * framesPerTurn;
      const start = performance.now();
      for (let frame = first; frame < first + framesPerTurn; frame++) put(this.#stream, this.#frame(frame));
      const between = performance.now();
      for (let frame = first; frame < first + framesPerTurn; frame++)
        this.#plain.bytes.set(this.#frame(frame), placeOf(frame));
      plainMs += performance.now() - between;
      ringMs += between - start;
    }
    const megabytes = (turnCount * framesPerTurn * frameBytes) / 1e6;
    return {
      mb_per_s: megabytes / (ringMs / 1000),
      plain_copy_mb_per_s: megabytes / (plainMs / 1000),
      ratio: plainMs / ringMs,
    };
  }

  release(): void {
    this.#ring.remove();
    this.#source.release();
    this.#plain.release();
  }
}

export const ringCopy: Benchmark = {
  name: "ring-copy",
  question: "What does putting a frame into the ring cost beside copying it?",
  cases: [copyCase, reserveCase],

  async run(context) {
    const copies = new Copies(context);
    const turnCount = context.quick ? 2 : turns;
    const goals = [{ quantity: "ratio", atLeast: 0.8 }];
    try {
      await context.measure(copyCase, async () => copies.run(write, turnCount), { goals });
      await context.measure(reserveCase, async () => copies.run(fillInPlace, turnCount), { goals });
    } finally {
      copies.release();
    }
  },
};
