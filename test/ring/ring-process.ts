/**
 * A process that works on a ring, for tests that kill it: `ring-process.ts WORK PATH …`. It prints one line of JSON for
 * each thing that its parent waits for.
 */

import type { Reservation } from "../../src/model/frame-sink.ts";
import { RingReader } from "../../src/ring/ring-reader.ts";
import { RingWriter } from "../../src/ring/ring-writer.ts";
import { countedRecords, countedSchema, fillReserved, isCounted } from "./counted-samples.ts";
import { Random } from "./random.ts";

const [work, path = "", ...rest] = process.argv.slice(2);

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

function stay(): void {
  setInterval(() => undefined, 1000);
}

/** Writes records, reservations and gaps of two streams without end. */
function produce(sizeBytes: number, seed: number): void {
  const ring = RingWriter.create(path, { sizeBytes });
  const random = new Random(seed);
  const streams = ["a", "b"].map((name) => ring.openStream(countedSchema(name)));
  say({ ready: true });
  const turn = (): void => {
    for (let number = 0; number < 200; number++) {
      const stream = random.pick(streams);
      const { name } = stream.schema;
      const first = stream.produced;
      const count = random.integer(1, 60);
      if (random.chance(0.05)) stream.lose(count, "device", "counter jumped");
      else if (random.chance(0.7)) void stream.write(countedRecords(name, first, count));
      else {
        const reservation = stream.reserve(count) as Reservation;
        const other = streams.find((candidate) => candidate !== stream)!;
        void other.write(countedRecords(other.schema.name, other.produced, 3));
        fillReserved(name, first, count, reservation.columns);
        reservation.commit(BigInt(first) * 1_000_000n);
      }
    }
    setImmediate(turn);
  };
  turn();
}

/** Writes, reserves, writes behind the reservation, and then does nothing any more. */
function hold(): void {
  const ring = RingWriter.create(path, { sizeBytes: 65_536 });
  const a = ring.openStream(countedSchema("a"));
  const b = ring.openStream(countedSchema("b"));
  void a.write(countedRecords("a", 0, 5));
  const early = a.reserve(4) as Reservation;
  void b.write(countedRecords("b", 0, 6));
  void a.reserve(3);
  fillReserved("a", 5, 4, early.columns);
  void a.write(countedRecords("a", 12, 2));
  early.commit(5_000_000n);
  void a.reserve(8);
  void b.write(countedRecords("b", 6, 1));
  void a.reserve(9);
  say({ ready: true });
  stay();
}

/** Reads, checks and stores what comes, and tells up to where. */
function record(name: string): void {
  const reader = RingReader.attach(path, { name, durable: true });
  say({ attached: true, resumed: reader.resumed, cursor: reader.cursor });
  let read = 0;
  for (;;) {
    const found = reader.next();
    if (found === undefined) {
      reader.waitBlocking(50);
      if (reader.state !== "open") break;
      continue;
    }
    if (!isCounted(found)) throw new Error(`the record at ${found.position} is not what was written`);
    read++;
    if (read % 3 === 0) {
      reader.store(reader.cursor);
      say({ stored: reader.cursor, next: found.firstSequence + found.count });
    }
  }
  say({ end: reader.state });
}

function attachOnly(name: string, durable: boolean): void {
  try {
    RingReader.attach(path, { name, durable });
  } catch (error) {
    say({ refused: (error as Error).message });
    return;
  }
  say({ attached: true });
  stay();
}

/** Sleeps until something comes, and says what. */
async function wait(how: string): Promise<void> {
  const reader = RingReader.attach(path, { name: "waiter", durable: false });
  say({ attached: true });
  const until = performance.now() + 20_000;
  let record = reader.next();
  while (record === undefined && performance.now() < until) {
    if (how === "blocking") reader.waitBlocking(10_000);
    else await reader.wait(10_000);
    record = reader.next();
  }
  say({ woke: record?.firstSequence });
  reader.detach();
}

switch (work) {
  case "produce":
    produce(Number(rest[0]), Number(rest[1]));
    break;
  case "hold":
    hold();
    break;
  case "record":
    record(rest[0]!);
    break;
  case "attach":
    attachOnly(rest[0]!, rest[1] === "durable");
    break;
  case "wait":
    await wait(rest[0]!);
    break;
  default:
    throw new Error(`unknown work "${work}"`);
}
