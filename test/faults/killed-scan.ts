/** A scan that is killed: writes its documents to the file that it is given, and says how many events were taken. */
import { createOpticalBench } from "../../src/devices/index.ts";
import { RunEngine, scan } from "../../src/engine/index.ts";
import { JsonlDocumentWriter } from "../../src/formats/jsonl/index.ts";

const { laser, meter } = createOpticalBench({ speed: Number.POSITIVE_INFINITY });
const writer = await JsonlDocumentWriter.open(process.argv[2]!);
const engine = new RunEngine();
engine.subscribe(writer.take);
engine.subscribe((name, doc) => {
  if (name === "event" && "seq_num" in doc) process.stdout.write(`${String(doc.seq_num)}\n`);
});
await engine.run(scan([meter], { axis: laser, start: 700, stop: 990 }, 1_000_000));
