/** Documents of a scan without an end, into a file of a format, by a process that is killed. Arguments: format, path, batch. */
import { createOpticalBench } from "../../src/devices/index.ts";
import { RunEngine, scan } from "../../src/engine/index.ts";
import { ArrowDocumentWriter } from "../../src/formats/arrow/index.ts";
import { CsvDocumentWriter } from "../../src/formats/csv/index.ts";
import { Hdf5DocumentWriter } from "../../src/formats/hdf5/index.ts";
import { ParquetDocumentWriter } from "../../src/formats/parquet/index.ts";
import { ZarrDocumentWriter } from "../../src/formats/zarr/index.ts";

export const documentWriters = {
  arrow: ArrowDocumentWriter,
  csv: CsvDocumentWriter,
  hdf5: Hdf5DocumentWriter,
  parquet: ParquetDocumentWriter,
  zarr: ZarrDocumentWriter,
} as const;

if (import.meta.main) {
  const [format, path, batch] = process.argv.slice(2) as [keyof typeof documentWriters, string, string];
  const { laser, meter } = createOpticalBench({ speed: Number.POSITIVE_INFINITY });
  const writer = documentWriters[format].create(path, { rowsPerBatch: Number(batch) });
  const engine = new RunEngine();
  engine.subscribe(writer.take, path, writer);
  engine.subscribe((name, doc) => {
    if (name === "event" && "seq_num" in doc) process.stdout.write(`${String(doc.seq_num)}\n`);
  });
  await engine.run(scan([meter], { axis: laser, start: 700, stop: 990 }, 1_000_000));
}
