import { writeSync } from "node:fs";
import { openFileSink } from "../../src/bytes/file-sink.ts";
import { ParquetStreamFile } from "../../src/formats/parquet/stream-file.ts";
import { counterBatch, counterOptions } from "./parquet-counter.ts";

// Records until it is killed, and says what each checkpoint vouches for.
const [path, compression] = process.argv.slice(2) as [string, string];
const file = await ParquetStreamFile.create(await openFileSink(path), counterOptions(path, compression));
writeSync(1, `${JSON.stringify(await file.checkpoint())}\n`);
for (let next = 0, round = 0; ; round++) {
  const count = (round * 37) % 173;
  await file.append(counterBatch(next, count));
  next += count;
  if (round % 3 === 2) writeSync(1, `${JSON.stringify(await file.checkpoint())}\n`);
}
