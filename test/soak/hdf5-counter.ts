/**
 * A program that counts into an HDF5 file through a ring and a recorder in a process of its own, until it is killed:
 *
 *     node hdf5-counter.ts FOLDER OPTIONS FLUSH_INTERVAL_MS
 *
 * OPTIONS are FormatOptions as JSON, `live` included, which no configuration file names. Says `{"recorder": PID}` as soon
 * as the file is open. Record number i holds the number i.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FormatOptions } from "../../src/formats/contract.ts";
import { RecorderProcess } from "../../src/recorder/recorder-process.ts";
import { RingWriter } from "../../src/ring/ring-writer.ts";
import { counterRows, counterSchema } from "./hdf5-counter-rows.ts";

const [, , folder, options, flushIntervalMs] = process.argv;
const runUid = "5".repeat(32);
const ring = RingWriter.create(join(folder!, "ring"), { sizeBytes: 8 * 2 ** 20, overflow: "block", runUid });
ring.describeRun({
  uid: runUid,
  startedAtNs: String(BigInt(Date.now()) * 1_000_000n),
  experiment: { name: "counting", sample: "Ω" },
  host: "here",
  software: { name: "daq-storage", version: "0" },
  devices: [],
});
const stream = ring.openStream(counterSchema);
const recorder = new RecorderProcess({
  ringPath: ring.path,
  name: "recorder",
  indexPath: join(folder!, "run.run.json"),
  outputs: [
    {
      format: "hdf5",
      path: join(folder!, "run.h5"),
      streams: ["counter"],
      options: JSON.parse(options!) as FormatOptions,
    },
  ],
  flushIntervalMs: Number(flushIntervalMs),
  durability: "process",
});
await recorder.ready;
console.log(JSON.stringify({ recorder: recorder.pid }));

let first = 0;
for (;;) {
  const rows = 1 + ((first * 7919) % 1500);
  await stream.write(counterRows(first, rows));
  first += rows;
  await sleep(5);
}
