import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { elementReader } from "../../model/element-reader.ts";
import { ArrowDocumentWriter } from "../arrow/document-writer.ts";
import { arrowFormat } from "../arrow/format.ts";
import { CsvDocumentWriter } from "../csv/document-writer.ts";
import { csvFormat } from "../csv/format.ts";
import { Hdf5DocumentWriter } from "../hdf5/document-writer.ts";
import { hdf5Format } from "../hdf5/format.ts";
import { ParquetDocumentWriter } from "../parquet/document-writer.ts";
import { parquetFormat } from "../parquet/format.ts";
import { ZarrDocumentWriter } from "../zarr/document-writer.ts";
import { zarrFormat } from "../zarr/format.ts";
import type { TableDocumentWriterOptions } from "./table-document-writer.ts";

const run = "0123456789abcdef".repeat(2);
const time = 1_700_000_000.25;
const start = { name: "start", doc: { uid: run, time, plan_name: "count", sample: { name: "GaAs" } } };
const stop = { name: "stop", doc: { uid: "s", run_start: run, time, exit_status: "success" } };
const number = { source: "sensor", dtype: "number", shape: [], units: "mW" };
const boolean = { source: "shutter", dtype: "boolean", shape: [] };
const ragged = { source: "counter", dtype: "array", shape: [null] };

type Document = { readonly name: string; readonly doc: object };

function described(data_keys: object, name = "primary", uid = "d"): Document {
  return { name: "descriptor", doc: { uid, run_start: run, time, name, data_keys } };
}

const descriptor = described({ power: number, open: boolean });

function row(seq_num: number, data: object, uid = "d", more: object = {}): Document {
  const timestamps = Object.fromEntries(Object.keys(data).map((key) => [key, time - 0.125]));
  return {
    name: "event",
    doc: { uid: `${uid}-${seq_num}`, descriptor: uid, seq_num, time, data, timestamps, ...more },
  };
}

function event(seq_num: number, power: number | null, open: boolean | null = true): Document {
  return row(seq_num, { power, open });
}

for (const [format, Writer] of [
  [arrowFormat, ArrowDocumentWriter],
  [csvFormat, CsvDocumentWriter],
  [hdf5Format, Hdf5DocumentWriter],
  [parquetFormat, ParquetDocumentWriter],
  [zarrFormat, ZarrDocumentWriter],
] as const) {
  const setUp = (t: { after(work: () => void): void }, options: TableDocumentWriterOptions = {}) => {
    const folder = mkdtempSync(join(tmpdir(), "daq-documents-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, `run${format.extensions[0]}`);
    const writer = Writer.create(path, options);
    const write = async (...documents: readonly Document[]) => {
      for (const document of documents) await writer.consumeDocument(document);
    };
    return { folder, path, writer, write };
  };
  /** The values of each column, row after row; null where the row has none. */
  const columnsOf = async (path: string, name = "primary") => {
    const values: { [column: string]: unknown[] } = {};
    for await (const { stream, columns, count } of format.read(path, name))
      for (const [index, { name, shape }] of stream.columns.entries()) {
        const extent = shape.reduce((product, size) => product * size, 1);
        const { bytes, validity } = columns[index]!;
        const elementAt = elementReader(stream.columns[index]!, bytes);
        values[name] ??= [];
        const into = values[name];
        for (let row = 0; row < count; row++) {
          const held = () =>
            shape.length === 0
              ? elementAt(row)
              : Array.from({ length: extent }, (_, at) => elementAt(row * extent + at));
          into.push(validity?.[row] === 0 ? null : held());
        }
      }
    return values;
  };
  const named = (path: string, stream: string) =>
    existsSync(path) ? path : path.replace(/(\.\w+)$/, `.${stream}$1`);

  test(`${format.name}: three batches of 10,000 events are 30,000 equal rows, with run and units`, async (t) => {
    const { path, write } = setUp(t);
    await write(start, descriptor);
    for (let row = 1; row <= 30_000; row++) await write(event(row, row / 8));
    await write(stop);
    const { power, power_time_ns: times } = await columnsOf(path);
    assert.deepEqual(
      power,
      Array.from({ length: 30_000 }, (_, row) => (row + 1) / 8),
    );
    assert.ok(times!.every((ns) => ns === 1_700_000_000_125_000_000n));
    const { run: info, streams, ledger, state } = await format.inspect(path);
    assert.equal(state, "complete");
    assert.deepEqual(info?.start, start.doc);
    assert.deepEqual(info?.experiment, { plan_name: "count", sample: { name: "GaAs" } });
    assert.equal(streams[0]!.schema.columns.find(({ name }) => name === "power")?.unit, "mW");
    assert.equal(ledger?.accounts[0]?.stored, 30_000);
    assert.equal(ledger?.ending?.exitStatus, "success");
    assert.deepEqual(ledger?.ending?.documents, [stop]);
  });

  test(`${format.name}: null is missing, NaN is NaN, a switch is true or false`, async (t) => {
    const { path, write } = setUp(t);
    await write(start, descriptor, event(1, null, false), event(2, Number.NaN, null), stop);
    const { power, open } = await columnsOf(path);
    assert.deepEqual({ power, open }, { power: [null, Number.NaN], open: [false, null] });
  });

  test(`${format.name}: texts are texts, an empty one is there, and one that finds no room is refused by name`, async (t) => {
    const note = { source: "keyboard", dtype: "string", shape: [], dtype_numpy: "<U4" };
    const { path, write } = setUp(t);
    await write(start, described({ note, power: number }));
    const texts = ["Open", "", null, 'say "µ",\r\nthen 度', "longer than numpy said"];
    for (const [index, text] of texts.entries()) await write(row(index + 1, { note: text, power: index }));
    await assert.rejects(write(row(6, { note: "µ".repeat(600), power: 6 })), {
      code: "format",
      message: "Stream primary: note is 1200 bytes long in UTF-8, where 1024 fit.",
    });
    await write(stop);
    assert.deepEqual((await columnsOf(path)).note, texts);
  });

  test(`${format.name}: a list of any length is refused, or left out where the caller says so, and told`, async (t) => {
    const keys = described({ power: number, hits: ragged });
    await assert.rejects(setUp(t).write(start, keys), { code: "format", message: /hits/, hint: /leave-out/ });
    const notices: string[] = [];
    const { path, write } = setUp(t, {
      unwritable: "leave-out",
      onNotice: (notice) => notices.push(notice),
    });
    await write(start, keys, row(1, { power: 2.5, hits: [1, 2] }), row(2, { power: 3, hits: [] }), stop);
    const { power, ...others } = await columnsOf(path);
    assert.deepEqual(power, [2.5, 3]);
    assert.deepEqual(Object.keys(others).sort(), ["power_time_ns", "seq_num"]);
    assert.match(
      notices.join(),
      /^Stream primary: hits is not in the file: the shape of hits is not fixed\.$/,
    );
    const { schema } = (await format.inspect(path)).streams[0]!;
    assert.deepEqual(Object.keys(schema.metadata!.left_out!), ["hits"]);
  });

  test(`${format.name}: documents out of order are refused`, async (t) => {
    const { write } = setUp(t);
    await assert.rejects(write(descriptor), { code: "format" });
    await write(start);
    await assert.rejects(write(event(1, 1)), { code: "format" });
    await write(descriptor, stop);
    await assert.rejects(write(event(1, 1)), { code: "format" });
  });

  test(`${format.name}: what was written without a stop document is readable after recovery`, async (t) => {
    for (const [hasCheckpoints, stored] of [
      [false, [1, 2]],
      [true, [1, 2, 3, 4]],
    ] as const) {
      const { path, writer, write } = setUp(t, { rowsPerBatch: 2 });
      await write(start, descriptor);
      for (let row = 1; row <= 5; row++) {
        await write(event(row, row));
        if (hasCheckpoints) writer.onCheckpoint();
      }
      await writer[Symbol.asyncDispose]();
      await format.recover(path);
      assert.deepEqual((await columnsOf(path)).power, stored);
    }
  });

  test(`${format.name}: a point that was taken again is in the file once, unless it was there already`, async (t) => {
    const { path, writer, write } = setUp(t, { rowsPerBatch: 3 });
    await write(start, descriptor, event(1, 1), event(2, 2), event(3, 3), event(2, 20), event(3, 30), stop);
    assert.deepEqual((await columnsOf(path)).power, [1, 20, 30]);
    assert.equal(writer.repeated, 0);
    const twice = setUp(t, { rowsPerBatch: 3 });
    await twice.write(start, descriptor, event(1, 1), event(2, 2), event(3, 3));
    twice.writer.onCheckpoint();
    await twice.write(event(1, 10), event(1, 100), stop);
    assert.deepEqual((await columnsOf(twice.path)).power, [100]);
    assert.equal(twice.writer.repeated, 0);
    const late = setUp(t, { rowsPerBatch: 1 });
    await late.write(start, descriptor, event(1, 1), event(2, 2), event(3, 3), event(1, 10), stop);
    assert.deepEqual((await columnsOf(late.path)).power, [1, 2, 10]);
    assert.equal(late.writer.repeated, 1);
  });

  test(`${format.name}: a baseline before the first descriptor of the plan, and a stream that comes late, are stored`, async (t) => {
    const { path, write } = setUp(t, { rowsPerBatch: 1 });
    const baseline = described({ x: number }, "baseline", "b");
    const dark = described({ power: number }, "dark:1", "k");
    const image = { source: "PV:i", dtype: "array", shape: [2], external: "FILESTORE:" };
    const quiet = described({ x: number, image }, "quiet", "q");
    await write(start, quiet, baseline, row(1, { x: 7 }, "b"), descriptor, event(1, 1), event(2, 2));
    await write(
      dark,
      row(1, { power: 0.5 }, "k"),
      row(1, { x: 9, image: [1, 2] }, "q", { filled: { image: true } }),
      row(2, { x: 8 }, "b"),
      event(3, 3),
      stop,
    );
    const { x, ...others } = await columnsOf(named(path, "quiet"), "quiet");
    assert.deepEqual([x, Object.keys(others)], [[9], ["seq_num", "x_time_ns"]], "as when its file was made");
    assert.deepEqual((await columnsOf(named(path, "primary"))).power, [1, 2, 3]);
    assert.deepEqual((await columnsOf(named(path, "baseline"), "baseline")).x, [7, 8]);
    assert.deepEqual((await columnsOf(path.replace(/(\.\w+)$/, ".dark_1$1"), "dark_1")).power, [0.5]);
  });

  test(`${format.name}: a place that is taken is told at the first descriptor, a compression at once`, async (t) => {
    const { path, write } = setUp(t);
    writeFileSync(path, "mine");
    await write(start);
    await assert.rejects(write(descriptor), { code: "path", message: /exists already/ });
    await assert.rejects(
      setUp(t)
        .write(start, { ...descriptor })
        .then(() => setUp(t, { compression: "rar" })),
      {
        code: "format",
        message: /has no compression "rar"/,
      },
    );
    const nowhere = Writer.create(join(path, "none", `run${format.extensions[0]}`));
    await nowhere.consumeDocument(start);
    await assert.rejects(nowhere.consumeDocument(descriptor), { code: "path" });
  });

  test(`${format.name}: a run without an event has its streams, and one without a stream has no file`, async (t) => {
    const { path, write } = setUp(t);
    await write(start, descriptor, stop);
    assert.deepEqual(await columnsOf(path), {});
    assert.equal((await format.inspect(path)).streams[0]!.records, 0);
    const empty = setUp(t);
    await empty.write(start, stop);
    assert.deepEqual(readdirSync(empty.folder), []);
  });

  test(`${format.name}: another program's stream has the times of its values, its odd names, and what was put in from elsewhere`, async (t) => {
    const { path, write } = setUp(t);
    const keys = {
      timestamp: { source: "PV:t", dtype: "number", shape: [], dtype_numpy: ">f8" },
      time_ns: { source: "PV:n", dtype: "integer", shape: [] },
      image: { source: "PV:i", dtype: "array", shape: [2, 2], external: "FILESTORE:" },
      far: { source: "PV:f", dtype: "array", shape: [9, 9], external: "STREAM:" },
    };
    const image = [
      [1, 2],
      [3, "NaN"],
    ];
    const { name: _, ...unnamed } = described(keys).doc as { readonly name: string };
    await write(start, { name: "descriptor", doc: unnamed });
    await write(
      row(1, { timestamp: "-Infinity", time_ns: 7n, image, far: "r/1" }, "d", {
        filled: { image: true, far: false },
      }),
    );
    await write(stop);
    const {
      timestamp_2,
      timestamp_time_ns,
      time_ns_2,
      image: images,
      seq_num,
      ...others
    } = await columnsOf(path);
    assert.deepEqual(timestamp_2, [Number.NEGATIVE_INFINITY]);
    assert.deepEqual(time_ns_2, [7n]);
    assert.deepEqual(timestamp_time_ns, [1_700_000_000_125_000_000n]);
    assert.deepEqual(images, [[1, 2, 3, Number.NaN]]);
    assert.deepEqual(seq_num, [1n]);
    assert.deepEqual(Object.keys(others), ["time_ns_time_ns", "image_time_ns"]);
    const { firstTimestampNs } = (await format.inspect(path)).streams[0]!;
    assert.equal(firstTimestampNs, "1700000000250000000", "the event's own time");
  });

  test(`${format.name}: values that are sometimes in the events and sometimes elsewhere are refused`, async (t) => {
    const { write } = setUp(t);
    const image = { source: "PV:i", dtype: "array", shape: [2], external: "FILESTORE:" };
    await write(start, described({ image }), row(1, { image: [1, 2] }, "d", { filled: { image: true } }));
    await assert.rejects(write(row(2, { image: "r/2" }, "d", { filled: { image: false } })), {
      code: "format",
      message: /image in event 2 is in another file/,
    });
  });

  test(`${format.name}: a stream that is described again goes on where its columns are the same`, async (t) => {
    const { path, write } = setUp(t);
    const again = described({ power: { ...number, precision: 4 }, open: boolean }, "primary", "d2");
    await write(start, descriptor, event(1, 1), again, row(2, { power: 2, open: true }, "d2"));
    const other = described({ power: { ...number, units: "W" }, open: boolean }, "primary", "d3");
    await assert.rejects(write(other), { code: "format", message: /other columns/ });
    await write(stop);
    assert.deepEqual((await columnsOf(path)).power, [1, 2]);
    const { ledger } = await format.inspect(path);
    assert.deepEqual(
      ledger?.ending?.documents?.map(({ name, doc }) => [name, doc.uid]),
      [
        ["descriptor", "d2"],
        ["stop", "s"],
      ],
    );
  });
}

test("csv: a name that does not go with the compression is refused", () => {
  const name = { code: "format", message: /is not a name for csv/ };
  assert.throws(() => CsvDocumentWriter.create("run.csv", { compression: "gzip" }), name);
  assert.throws(() => CsvDocumentWriter.create("run.CSV.gz"), name);
});

test("a writer that is given up finishes its files as a run that did not end", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "daq-documents-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "run.arrow");
  const writer = ArrowDocumentWriter.create(path);
  for (const document of [start, descriptor, event(1, 1)]) await writer.consumeDocument(document);
  writer.onGivenUp();
  await writer.close();
  const { ledger, streams } = await arrowFormat.inspect(path);
  assert.deepEqual([ledger?.complete, ledger?.ending, streams[0]!.records], [false, undefined, 1]);
});

test("of large images a batch has as many as 64 MiB hold", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "daq-documents-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "run.arrow");
  const writer = ArrowDocumentWriter.create(path, { compression: "lz4" });
  const extent = 2 ** 20;
  const image = new Array<number>(extent).fill(7);
  await writer.consumeDocument(start);
  await writer.consumeDocument(described({ image: { ...number, shape: [extent] } }));
  for (let number = 1; number <= 8; number++) {
    await writer.consumeDocument(row(number, { image }));
    writer.onCheckpoint();
  }
  await writer[Symbol.asyncDispose]();
  await arrowFormat.recover(path);
  const counts: number[] = [];
  for await (const { count } of arrowFormat.read(path, "primary")) counts.push(count);
  assert.deepEqual(counts, [7], "the eighth is not written yet");
});
