import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { DaqError } from "../../src/model/errors.ts";
import type { Reservation } from "../../src/model/frame-sink.ts";
import { generationIndexOf, offsetIn, readGenerations } from "../../src/ring/generations.ts";
import { dataOffset, header } from "../../src/ring/layout.ts";
import { attachRingFile } from "../../src/ring/ring-file.ts";
import type { RingMemory } from "../../src/ring/ring-memory.ts";
import type { RingOptions } from "../../src/ring/ring-options.ts";
import { RingReader } from "../../src/ring/ring-reader.ts";
import type { RingStream } from "../../src/ring/ring-stream.ts";
import { RingWriter } from "../../src/ring/ring-writer.ts";
import { countedRecords, countedSchema, fillReserved, isCounted, Tally } from "./counted-samples.ts";
import { Random } from "./random.ts";
import { temporaryRingPath } from "./temporary-ring.ts";

/**
 * Random work on small rings against a model that knows every byte. After each step the model compares everything
 * that the ring says it still holds, from `tail` to `published`, with what was written there.
 */

type Written = { readonly position: number; readonly end: number; readonly payload: Uint8Array };
type Held = {
  readonly reservation: Reservation;
  readonly stream: RingStream;
  readonly first: number;
  readonly count: number;
};

class RingModel {
  readonly ring: RingWriter;
  readonly memory: RingMemory;
  readonly streams: readonly RingStream[];
  readonly random: Random;
  readonly held: Held[] = [];
  readonly #close: () => void;
  #known: Written[] = [];
  #lookedUntil = 0;
  refused = 0;

  constructor(path: string, options: RingOptions, streamCount: number, random: Random) {
    this.ring = RingWriter.create(path, options);
    const file = attachRingFile(path);
    this.memory = file.memory;
    this.#close = () => file.close();
    this.random = random;
    this.streams = Array.from({ length: streamCount }, (_, index) =>
      this.ring.openStream(countedSchema(`s${index}`)),
    );
  }

  /** Where the ring's own table says that a position lies. */
  #bytesAt(position: number, length: number): Uint8Array {
    const generations = readGenerations(this.memory);
    const at = dataOffset + offsetIn(generations[generationIndexOf(generations, position)]!, position);
    return this.memory.bytes.subarray(at, at + length);
  }

  /** Everything that is still readable is what it was when it was published; then what is new is remembered. */
  check(): void {
    const tail = this.memory.load(header.tail);
    const published = this.memory.load(header.published);
    this.#known = this.#known.filter(({ position }) => position >= tail);
    for (const { position, end, payload } of this.#known)
      assert.ok(
        Buffer.compare(this.#bytesAt(position, end - position), payload) === 0,
        `the record at ${position} is whole while the tail is ${tail}`,
      );
    for (let position = Math.max(this.#lookedUntil, tail); position < published; ) {
      const length = Number(new DataView(this.#bytesAt(position, 64).slice().buffer).getBigUint64(8, true));
      assert.ok(length >= 64 && length % 64 === 0, `the record at ${position} has a length, not ${length}`);
      this.#known.push({
        position,
        end: position + length,
        payload: this.#bytesAt(position, length).slice(),
      });
      position += length;
    }
    this.#lookedUntil = Math.max(published, this.#lookedUntil);
  }

  /** One random thing that a producer does; the promise is there when it has to wait. */
  step(maxCount: number): void | Promise<void> {
    const { random } = this;
    const stream = random.pick(this.streams);
    const count = random.integer(1, random.chance(0.1) ? maxCount : Math.max(1, Math.floor(maxCount / 12)));
    if (this.held.length > 0 && random.chance(0.4)) return this.finishReservation();
    if (random.chance(0.1))
      return stream.lose(random.integer(1, 9), "device", "x".repeat(random.integer(0, 200)));
    if (this.held.length < 3 && random.chance(0.25)) {
      const reservation = stream.reserve(count);
      if (!(reservation instanceof Promise)) return this.#keep(stream, count, reservation);
      return reservation.then((granted) => this.#keep(stream, count, granted));
    }
    return stream.write(countedRecords(stream.schema.name, stream.produced, count));
  }

  /** Valid right after `reserve`: the stream has counted the reserved records already. */
  #keep(stream: RingStream, count: number, reservation: Reservation): void {
    this.held.push({ reservation, stream, first: stream.produced - count, count });
  }

  /** Commits or abandons one of the reservations, not always the oldest. */
  finishReservation(): void {
    const index = this.random.integer(0, this.held.length - 1);
    const [{ reservation, stream, first, count }] = this.held.splice(index, 1) as [Held];
    fillReserved(stream.schema.name, first, count, reservation.columns);
    if (this.random.chance(0.8)) reservation.commit(BigInt(first) * 1_000_000n);
    else reservation.abandon("device", "broke off");
  }

  close(): void {
    this.#close();
    this.ring.remove();
  }
}

class ModelReader {
  readonly reader: RingReader;
  readonly tallies: readonly Tally[];
  readonly name: string;
  readonly durable: boolean;

  constructor(path: string, name: string, durable: boolean, streamCount: number) {
    this.reader = RingReader.attach(path, { name, durable });
    this.name = name;
    this.durable = durable;
    this.tallies = Array.from({ length: streamCount }, () => new Tally());
  }

  /** Reads up to `limit` records; `meanwhile` runs while a record is in use. */
  read(limit: number, meanwhile?: () => void): number {
    const { reader } = this;
    for (let done = 0; done < limit; done++) {
      const record = reader.next();
      if (record === undefined) return done;
      const tally = this.tallies[record.streamIndex]!;
      tally.take(record);
      if (record.kind === "gap") continue;
      meanwhile?.();
      const isSound = isCounted(record);
      if (reader.isIntact(record))
        assert.ok(isSound, `the intact record at ${record.position} is what was written`);
      else {
        tally.untake(record);
        reader.reject(record, 0);
      }
    }
    return limit;
  }

  store(): void {
    if (this.durable) this.reader.store(this.reader.cursor);
  }

  finish(streams: readonly RingStream[], heldAtClose: number): void {
    this.read(Number.POSITIVE_INFINITY);
    this.store();
    const slot = this.reader.consumers().find(({ name }) => name === this.name);
    assert.equal(slot?.lostRecords, this.lostBy("ring-lapped"), "its slot tells everybody what it lost");
    for (const [index, tally] of this.tallies.entries()) tally.finish(streams[index]!.produced);
    assert.equal(this.lostBy("aborted"), heldAtClose, "what was reserved when the ring closed is a gap");
  }

  lostBy(wanted: string): number {
    const ranges = this.tallies.flatMap(({ lostRanges }) => lostRanges);
    return ranges.filter(({ reason }) => reason === wanted).reduce((sum, { count }) => sum + count, 0);
  }
}

/** Runs until the producer's call has settled; readers move meanwhile, as another process would. */
async function settle(promise: Promise<void>, move: () => void): Promise<void> {
  let isSettled = false;
  const done = () => {
    isSettled = true;
  };
  promise.then(done, done);
  while (!isSettled) {
    move();
    await new Promise(setImmediate);
  }
  await promise;
}

async function play(t: TestContext, seed: number, options: RingOptions, maxCount: number): Promise<void> {
  const random = new Random(seed);
  const streamCount = random.integer(1, 3);
  const path = temporaryRingPath(t);
  const model = new RingModel(path, { ...options, blockTimeoutMs: 20_000 }, streamCount, random);
  const durable = [1, 2].map((index) => new ModelReader(path, `recorder ${index}`, true, streamCount));
  const tap = new ModelReader(path, "tap", false, streamCount);
  const readers = [...durable, tap];
  const mayBlock = options.overflow === "block" || options.resizeThen === "block";
  const produce = (): void | Promise<void> => {
    try {
      return model.step(maxCount);
    } catch (error) {
      // A driver held space for a whole lap: that is said, and nothing is written.
      assert.ok(error instanceof DaqError && error.code === "ring-full", String(error));
      model.refused++;
    }
  };
  try {
    for (let step = 0; step < 600; step++) {
      const waiting = produce();
      if (waiting !== undefined) {
        await settle(waiting, () => {
          model.check();
          // A reservation that is held stops everything behind it: its driver goes on.
          while (model.held.length > 0) model.finishReservation();
          for (const reader of durable) {
            reader.read(random.integer(0, 40));
            reader.store();
          }
        });
      }
      model.check();
      for (const reader of readers) {
        if (random.chance(0.7)) continue;
        const disturb = !mayBlock && random.chance(0.2);
        reader.read(random.integer(1, 30), disturb ? () => void produce() : undefined);
        if (random.chance(0.6)) reader.store();
        model.check();
      }
    }
    const heldAtClose = model.held.reduce((sum, { count }) => sum + count, 0);
    model.ring.close();
    model.check();
    for (const reader of readers) reader.finish(model.streams, heldAtClose);
    if (options.overflow === "block")
      for (const reader of durable)
        assert.equal(reader.lostBy("ring-lapped") + reader.lostBy("at the end"), 0, "block loses nothing");
  } finally {
    for (const { reader } of readers) reader.detach();
    model.close();
  }
}

const kinds: readonly { readonly name: string; readonly options: RingOptions; readonly maxCount: number }[] =
  [
    { name: "discard-oldest, tiny", options: { sizeBytes: 4096 }, maxCount: 500 },
    { name: "discard-oldest, records up to the whole ring", options: { sizeBytes: 4096 }, maxCount: 575 },
    { name: "discard-oldest, larger", options: { sizeBytes: 40_960 }, maxCount: 900 },
    { name: "block, tiny", options: { sizeBytes: 4096, overflow: "block" }, maxCount: 575 },
    { name: "block, larger", options: { sizeBytes: 20_480, overflow: "block" }, maxCount: 700 },
    {
      name: "resize, then discard-oldest",
      options: { sizeBytes: 4096, overflow: "resize", maxSizeBytes: 57_344 },
      maxCount: 3000,
    },
    {
      name: "resize by odd steps",
      options: { sizeBytes: 12_288, overflow: "resize", maxSizeBytes: 36_864 },
      maxCount: 4000,
    },
    {
      name: "resize, then block",
      options: { sizeBytes: 4096, overflow: "resize", maxSizeBytes: 24_576, resizeThen: "block" },
      maxCount: 1500,
    },
  ];

const seeds = Number(process.env.DAQ_RING_SEEDS ?? 12);
for (const { name, options, maxCount } of kinds) {
  test(`random work never shows a byte of another record, and every record is read or lost once: ${name}`, async (t) => {
    for (let seed = 1; seed <= seeds; seed++)
      await t.test(`seed ${seed}`, (inner) => play(inner, seed * 7919, options, maxCount));
  });
}
