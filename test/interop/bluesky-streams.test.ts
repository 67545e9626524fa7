import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { DocumentOrder, type Event, type NamedDocument } from "../../src/documents/index.ts";
import { nanosecondsOf } from "../../src/documents/seconds-of.ts";
import { ArrowDocumentWriter } from "../../src/formats/arrow/index.ts";
import type { Format } from "../../src/formats/contract.ts";
import { CsvDocumentWriter } from "../../src/formats/csv/index.ts";
import { Hdf5DocumentWriter } from "../../src/formats/hdf5/index.ts";
import { openHdf5 } from "../../src/formats/hdf5/open-hdf5.ts";
import { JsonlDocumentWriter, readJsonlDocuments } from "../../src/formats/jsonl/index.ts";
import { ParquetDocumentWriter } from "../../src/formats/parquet/index.ts";
import { loadFormat } from "../../src/formats/registry.ts";
import { ZarrDocumentWriter } from "../../src/formats/zarr/index.ts";
import { elementReader } from "../../src/model/element-reader.ts";
import { validateWithSchemas, withoutSchemas } from "./event-model-schemas.ts";

const folder = join(import.meta.dirname, "bluesky-documents");

type Expected = {
  /** What is in each stream's table, `_time_ns` aside; the stream's name as files have it. */
  readonly tables: { readonly [stream: string]: readonly string[] };
  readonly leftOut?: readonly string[];
  /** What the event model's own schemas say against it. */
  readonly schemaProblems?: readonly RegExp[];
};

const runs: { readonly [file: string]: Expected } = {
  "baseline-bulk": { tables: { baseline: ["det", "direct_img"], primary: ["det", "direct_img"] } },
  "baseline-pages": { tables: { baseline: ["det", "direct_img"], primary: ["det", "direct_img"] } },
  "epics-scan": {
    tables: { primary: ["random_walk:dt", "random_walk:x", "shutter_status"] },
  },
  "grid-scan": { tables: { primary: ["det", "motor1", "motor1_setpoint", "motor2", "motor2_setpoint"] } },
  "image-elsewhere": {
    tables: { primary: [] },
    leftOut: ["camera_image"],
    schemaProblems: [/'resource_kwargs' is a required/, /'parameters'.* unexpected/],
  },
  "image-in-events": { tables: { primary: ["camera_image"] } },
  "older-assets": { tables: { primary: ["det-sum"] }, leftOut: ["det-image"] },
  "paused-scan": { tables: { ring_current_monitor: ["ring:current"], primary: ["dcm"] } },
  "stream-assets": { tables: { primary: [] }, leftOut: ["det-image", "det-sum"] },
  "synthetic-detector": { tables: { primary: ["det", "long"] }, leftOut: ["empty"] },
};

async function read(path: string): Promise<NamedDocument[]> {
  const documents: NamedDocument[] = [];
  for await (const document of readJsonlDocuments(path)) documents.push(document);
  return documents;
}

function inFolder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "daq-bluesky-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Python's numbers that JSON does not have, and the other form of a line. */
function asOtherProgramsDo(line: string): string {
  const document = JSON.parse(line.replaceAll(/: NaN\b/g, ': "NaN"')) as unknown;
  if (Array.isArray(document)) return JSON.stringify({ name: document[0], doc: document[1] });
  const { name, doc } = document as { name: string; doc: object };
  return JSON.stringify([name, doc]);
}

/** The events of each stream as they count: the later one of each number. */
function eventsByStream(documents: readonly NamedDocument[]): ReadonlyMap<string, readonly Event[]> {
  const names = new Map<string, string>();
  const events = new Map<string, Map<number, Event>>();
  const add = (event: Event) => events.get(names.get(event.descriptor)!)!.set(event.seq_num, event);
  for (const { name, doc } of documents)
    if (name === "descriptor") {
      const stream = doc.name!.replaceAll(":", "_");
      names.set(doc.uid, stream);
      if (!events.has(stream)) events.set(stream, new Map());
    } else if (name === "event") add(doc);
    else if (name === "bulk_events") for (const event of Object.values(doc).flat()) add(event);
    else if (name === "event_page")
      for (const [row, uid] of doc.uid.entries()) {
        const of = <Value>(columns: { readonly [key: string]: readonly Value[] }) =>
          Object.fromEntries(Object.entries(columns).map(([key, values]) => [key, values[row]!]));
        const { descriptor, seq_num: numbers, time: times, data, timestamps } = doc;
        const [seq_num, time] = [numbers[row]!, times[row]!];
        add({ uid, descriptor, seq_num, time, data: of(data), timestamps: of(timestamps) });
      }
  return new Map([...events].map(([stream, rows]) => [stream, [...rows.values()]]));
}

/** Columns of a file, row after row; null where there is no value. */
async function columnsOf(format: Format, path: string, name: string) {
  const values = new Map<string, unknown[]>();
  for await (const { stream, columns, count } of format.read(path, name))
    for (const [index, column] of stream.columns.entries()) {
      const extent = column.shape.reduce((product, size) => product * size, 1);
      const elementAt = elementReader(column, columns[index]!.bytes);
      const rows = values.get(column.name) ?? [];
      for (let row = 0; row < count; row++) {
        const held = () =>
          column.shape.length === 0
            ? elementAt(row)
            : Array.from({ length: extent }, (_, at) => elementAt(row * extent + at));
        rows.push(columns[index]!.validity?.[row] === 0 ? null : held());
      }
      values.set(column.name, rows);
    }
  return values;
}

test("every stream in the folder has its place here", () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  assert.deepEqual(
    files.sort(),
    Object.keys(runs)
      .map((name) => `${name}.jsonl`)
      .sort(),
  );
});

for (const [file, { tables, leftOut = [], schemaProblems = [] }] of Object.entries(runs))
  describe(`a run of Bluesky, ${file}`, () => {
    const path = join(folder, `${file}.jsonl`);

    test("is what the event model's schemas allow, but for what is known", {
      skip: withoutSchemas(),
    }, async () => {
      const { problems } = validateWithSchemas(await read(path));
      assert.equal(problems.length, schemaProblems.length, problems.join("\n"));
      for (const [index, problem] of schemaProblems.entries()) assert.match(problems[index]!, problem);
    });

    test("is read in both forms of lines, is in order, and is written as it was", async (t) => {
      const made = inFolder(t);
      const documents = await read(path);
      const other = join(made, "other.jsonl");
      const lines = readFileSync(path, "utf8").trimEnd().split("\n");
      writeFileSync(other, lines.map((line) => `${asOtherProgramsDo(line)}\n`).join(""));
      assert.deepEqual(await read(other), documents);
      const order = new DocumentOrder();
      const ours = join(made, "ours.jsonl");
      {
        await using writer = await JsonlDocumentWriter.open(ours);
        for (const { name, doc } of documents) {
          order.accept(name, doc);
          await writer.take(name, doc);
        }
      }
      assert.ok(order.complete);
      assert.deepEqual(await read(ours), documents);
    });

    for (const [name, Writer] of [
      ["arrow", ArrowDocumentWriter],
      ["csv", CsvDocumentWriter],
      ["hdf5", Hdf5DocumentWriter],
      ["parquet", ParquetDocumentWriter],
      ["zarr", ZarrDocumentWriter],
    ] as const)
      test(`is in tables of ${name}, with the times of its values, and says what is not there`, async (t) => {
        const format = await loadFormat(name);
        const extension = format.extensions[0]!;
        const stem = join(inFolder(t), "run");
        const notices: string[] = [];
        const documents = await read(path);
        const writer = Writer.create(`${stem}${extension}`, {
          unwritable: "leave-out",
          onNotice: (notice) => notices.push(notice),
        });
        for (const document of documents) await writer.consumeDocument(document);
        await writer.close();
        assert.deepEqual(notices.map((notice) => notice.split(" ")[2]).sort(), leftOut);
        const events = eventsByStream(documents);
        assert.deepEqual([...events.keys()].sort(), Object.keys(tables).sort());
        for (const [stream, rows] of events) {
          const own = `${stem}.${stream}${extension}`;
          const place = existsSync(own) ? own : `${stem}${extension}`;
          const columns = await columnsOf(format, place, stream);
          assert.deepEqual(
            columns.get("seq_num"),
            rows.map(({ seq_num: number }) => BigInt(number)),
          );
          const quantities = [...columns.keys()].filter(
            (key) => key !== "seq_num" && !key.endsWith("_time_ns"),
          );
          assert.deepEqual(quantities.sort(), tables[stream]);
          for (const key of tables[stream]!) {
            const plain = ({ data }: Event) => {
              const value = data[key] === "NaN" ? Number.NaN : data[key];
              return Array.isArray(value) ? value.flat(8) : value;
            };
            assert.deepEqual(columns.get(key), rows.map(plain), key);
            assert.deepEqual(
              columns.get(`${key}_time_ns`),
              rows.map(({ timestamps }) => nanosecondsOf(timestamps[key]!)),
            );
          }
          const { run, ledger } = await format.inspect(place);
          assert.equal(run?.start?.uid, (documents[0]!.doc as { uid: string }).uid);
          const stop = documents.at(-1)!.doc as { exit_status?: string };
          if (stop.exit_status !== undefined) assert.deepEqual(ledger?.ending?.documents?.at(-1)?.doc, stop);
        }
      });
  });

test("a grid scan of Bluesky is a grid in HDF5, each point at its place", async (t) => {
  const path = join(inFolder(t), "run.h5");
  const writer = Hdf5DocumentWriter.create(path);
  for (const document of await read(join(folder, "grid-scan.jsonl"))) await writer.consumeDocument(document);
  const file = await openHdf5(path);
  const values = (name: string) => [...(file.dataset(`entry/scan/${name}`)!.value as Float64Array)];
  assert.deepEqual(
    [values("motor1"), values("motor2")],
    [
      [0, 1],
      [-1, 0, 1],
    ],
  );
  assert.deepEqual(values("det"), [0.5, 1, 1.5, 3, 2.5, Number.NaN]);
  file.close();
});

test("a stream with a list of any length is refused where the caller did not ask to leave it out", async (t) => {
  const documents = await read(join(folder, "synthetic-detector.jsonl"));
  const writer = ArrowDocumentWriter.create(join(inFolder(t), "run.arrow"));
  await writer.consumeDocument(documents[0]!);
  await assert.rejects(writer.consumeDocument(documents[1]!), {
    code: "format",
    message: /empty/,
    hint: /leave-out/,
  });
});

test("an image that has other rows than its shape is refused", async () => {
  const documents = structuredClone(await read(join(folder, "image-in-events.jsonl")));
  const order = new DocumentOrder();
  for (const { name, doc } of documents) {
    if (name !== "event") order.accept(name, doc);
    if (name === "event_page") break;
  }
  const event = documents.find(({ name }) => name === "event")!.doc as Event;
  assert.throws(() => order.accept("event", { ...event, data: { camera_image: [[1, 2]] } }), {
    message: /camera_image expected 2 values, found 1/,
  });
});
