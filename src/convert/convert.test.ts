import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import { openFileSink } from "../bytes/file-sink.ts";
import type { Format, FormatName } from "../formats/contract.ts";
import { formatNames, loadFormat } from "../formats/registry.ts";
import { DaqError } from "../model/errors.ts";
import { type Ledger, type LostRange, mostRanges } from "../model/ledger.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { rotatingFormat } from "../recorder/rotation/rotating-format.ts";
import { type RunIndex, readRunIndex, writeRunIndex } from "../recorder/run-index.ts";
import { appendAll, joined, temporaryFolder } from "../testing/format-contract/recording.ts";
import { SampleBatches } from "../testing/format-contract/sample-batches.ts";
import {
  camera,
  everyType,
  gauges,
  ledgerOf,
  logbook,
  sampleRun,
  spectrum,
} from "../testing/format-contract/sample-streams.ts";
import { type StreamValues, valuesOf } from "../testing/format-contract/stream-values.ts";
import { type Conversion, type ConvertOptions, convert } from "./convert.ts";

const tables = [everyType, gauges, logbook, spectrum];
const hole: LostRange = {
  first: 141,
  count: 7,
  reason: "ring-lapped",
  atNs: "1764000000500000000",
  detail: "lapped",
};

type Written = {
  /** Of the one data file, or of the index of several. */
  readonly path: string;
  readonly values: Map<string, StreamValues>;
  readonly ledger: Ledger;
};

/** A finished recording of 397 records in each stream, with one gap. */
async function record(folder: string, name: FormatName, streams: readonly StreamSchema[]): Promise<Written> {
  const format = await loadFormat(name);
  const options = { compression: format.defaultCompression, durability: "process" } as const;
  const path = join(folder, `in${format.extension(options)}`);
  const run = { info: sampleRun, streams };
  const writer = await format.create({ path, run, options, openSink: openFileSink });
  const parts = [];
  const sources = streams.map((stream, index) => new SampleBatches(stream, index + 1));
  for (const count of [141, 256]) {
    parts.push(
      await appendAll(
        writer,
        sources.map((source) => source.next(count)),
      ),
    );
    if (count === 141) for (const source of sources) source.skip(hole.count);
  }
  const ledger: Ledger = {
    ...ledgerOf(streams.map((schema) => ({ schema, stored: 397, ranges: [hole] }))),
    ending: { exitStatus: "abort", reason: "the sample fell" },
  };
  await writer.close(ledger);
  const values = joined(...parts);
  if (!writer.files.some((file) => file.streams.length > 0 && file.path !== path))
    return { path, values, ledger };
  const files = writer.files.map((file) => ({ ...file, path: basename(file.path) }));
  const index: RunIndex = {
    daqRun: 1,
    end: "closed",
    endedAtNs: "1764000001000000000",
    run,
    outputs: [{ format: name, files, ledger }],
    notes: [],
  };
  await writeRunIndex(join(folder, "in.run.json"), index, false);
  return { path: join(folder, "in.run.json"), values, ledger };
}

function converted(from: string, to: string, more: Partial<ConvertOptions> = {}): Promise<Conversion> {
  return convert({
    kind: from.endsWith(".run.json") ? "index" : "data",
    from,
    to,
    streams: [],
    software: { name: "test", version: "1" },
    onNotice: () => {},
    onProgress: () => {},
    ...more,
  });
}

async function read(format: Format, path: string, stream: string): Promise<Map<string, StreamValues>> {
  const parts = [];
  for await (const batch of format.read(path, stream)) parts.push(valuesOf([batch]));
  return joined(...parts);
}

async function rejectsWith(promise: Promise<unknown>, code: string, ...texts: RegExp[]): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof DaqError, String(error));
    assert.equal(error.code, code, error.message);
    for (const text of texts) assert.match(`${error.message} ${error.hint}`, text);
    return true;
  });
}

describe("every format to every format", () => {
  for (const from of formatNames)
    for (const to of formatNames)
      test(`${from} to ${to} keeps values, times, sequence numbers, schemas, metadata and ledger`, async () => {
        await using folder = await temporaryFolder();
        const format = await loadFormat(to);
        const streams = [...tables, camera].filter((stream) => format.refusal(stream) === undefined);
        const fromFormat = await loadFormat(from);
        const kept = streams.filter((stream) => fromFormat.refusal(stream) === undefined);
        const written = await record(folder.path, from, kept);
        const out = join(folder.path, `out${format.extensions[0]}`);
        const { files, ledger, index } = await converted(written.path, out);
        assert.deepEqual(ledger, written.ledger);
        const names = [...written.values.keys()];
        for (const { path, streams: held } of files)
          for (const stream of held) {
            const summary = await format.inspect(path);
            const schema = streams.find(({ name }) => name === stream)!;
            assert.equal(summary.state, "complete");
            assert.deepEqual(summary.notes, []);
            assert.deepEqual(summary.run, sampleRun);
            const found = summary.streams.find((part) => part.schema.name === stream);
            assert.deepEqual(found?.schema, schema);
            assert.equal(found?.records, 397);
            const account = (of: Ledger | undefined) => of?.accounts.find((one) => one.stream === stream);
            assert.deepEqual(account(summary.ledger), account(written.ledger));
            assert.equal(summary.ledger?.complete, true);
            assert.deepEqual(summary.ledger?.ending, written.ledger.ending);
            assert.deepEqual(
              await read(format, path, stream),
              new Map([[stream, written.values.get(stream)]]),
            );
          }
        assert.deepEqual(files.flatMap((file) => file.streams).toSorted(), names.toSorted());
        assert.equal(index !== undefined, files.filter((file) => file.streams.length > 0).length > 1);
      });
});

test("several files are one run by an index, which converts to one file again", async () => {
  await using folder = await temporaryFolder();
  const written = await record(folder.path, "hdf5", [...tables, camera]);
  const { index } = await converted(written.path, join(folder.path, "parts.parquet"));
  const content = await readRunIndex(index!);
  assert.deepEqual(content.run, { info: sampleRun, streams: [...tables, camera] });
  assert.equal(content.end, "closed");
  assert.deepEqual(content.outputs[0]!.ledger, written.ledger);
  assert.deepEqual(content.notes, ["Converted from in.h5."]);
  const back = join(folder.path, "back.zarr");
  await converted(index!, back);
  const zarr = await loadFormat("zarr");
  for (const { name } of [...tables, camera])
    assert.deepEqual(await read(zarr, back, name), new Map([[name, written.values.get(name)]]));
});

test("takes the streams that are asked for, and names those there are", async () => {
  await using folder = await temporaryFolder();
  const { path } = await record(folder.path, "zarr", [...tables, camera]);
  await rejectsWith(
    converted(path, join(folder.path, "out.csv")),
    "format",
    /CSV cannot hold the frames of camera0/,
    /--stream every-type --stream lab_2.gauges --stream logbook --stream spectrum/,
  );
  await rejectsWith(
    converted(path, join(folder.path, "out.csv"), { streams: ["power"] }),
    "usage",
    /every-type, lab_2.gauges, logbook, spectrum, camera0/,
  );
  const { files } = await converted(path, join(folder.path, "out.csv"), { streams: ["spectrum"] });
  assert.deepEqual(
    files.map((file) => file.path),
    [join(folder.path, "out.csv"), join(folder.path, "out.csv-metadata.json")],
  );
});

test("lost ranges beyond those of the ledger come along in a file of their own", async () => {
  await using folder = await temporaryFolder();
  const format = await loadFormat("arrow");
  const path = join(folder.path, "in.arrow");
  const options = { compression: "none", durability: "process" } as const;
  const writer = await format.create({
    path,
    run: { info: sampleRun, streams: [gauges] },
    options,
    openSink: openFileSink,
  });
  const source = new SampleBatches(gauges);
  const ranges: LostRange[] = [];
  for (let at = 0; at < mostRanges + 1; at++) {
    ranges.push({ ...source.skip(1), reason: "device", atNs: "5" });
    await writer.append(source.next(1));
  }
  const file = "in.lab_2.gauges.arrow.losses.csv";
  const rows = "first,count,reason,at_ns\r\n2000,1,device,5\r\n";
  await writeFile(join(folder.path, file), rows);
  const account = {
    stream: gauges.name,
    produced: 2 * ranges.length,
    stored: ranges.length,
    lost: ranges.length,
    ranges: ranges.slice(0, mostRanges),
    more: { file, ranges: 1, lost: { device: 1 } },
  };
  await writer.close({ complete: true, accounts: [account] });

  const name = "out.lab_2.gauges.hdf5.losses.csv";
  const { ledger } = await converted(path, join(folder.path, "out.h5"));
  assert.deepEqual(ledger.accounts, [{ ...account, more: { ...account.more, file: name } }]);
  assert.equal(await readFile(join(folder.path, name), "utf8"), rows);
  assert.deepEqual((await (await loadFormat("hdf5")).inspect(join(folder.path, "out.h5"))).ledger, ledger);

  await rm(join(folder.path, file));
  const notices: string[] = [];
  await converted(path, join(folder.path, "again.h5"), { onNotice: (notice) => notices.push(notice) });
  assert.match(notices.join("\n"), /in\.lab_2\.gauges\.arrow\.losses\.csv: no such file/);
});

test("an account that is not complete stays so", async () => {
  await using folder = await temporaryFolder();
  const format = await loadFormat("arrow");
  const path = join(folder.path, "in.arrow");
  const options = { compression: "none", durability: "process" } as const;
  const run = { info: sampleRun, streams: [gauges] };
  const writer = await format.create({ path, run, options, openSink: openFileSink });
  await appendAll(writer, [new SampleBatches(gauges).next(20)]);
  await writer.checkpoint();
  await writer[Symbol.asyncDispose]();
  const out = join(folder.path, "out.parquet");
  await rejectsWith(converted(path, out), "format", /in\.arrow is not finished/, /daq recover/);
  assert.deepEqual(await readdir(folder.path), ["in.arrow"]);
  await format.recover(path);
  const { ledger } = await converted(path, out);
  assert.equal(ledger.complete, false);
  assert.equal(ledger.accounts[0]!.stored, 20);
  assert.equal((await (await loadFormat("parquet")).inspect(out)).ledger?.complete, false);
});

test("a file that has not the records of its ledger is not converted, and leaves nothing", async () => {
  await using folder = await temporaryFolder();
  const { path } = await record(folder.path, "csv", [everyType]);
  const [header = "", first = "", ...rest] = (await readFile(path, "utf8")).split("\r\n");
  // Without one record, and as long as before, so that only the account tells.
  const padding = "0".repeat(first.length + 2);
  const [, ...values] = rest.shift()!.split(",");
  const text = [header, `${padding}${rest[0]!.split(",")[0]},${values.join(",")}`, ...rest].join("\r\n");
  await writeFile(path, text);
  await rejectsWith(
    converted(path, join(folder.path, "out.arrow")),
    "format",
    /the rows end there, where the sidecar says that there are 397/,
  );
  assert.deepEqual(await readdir(folder.path), ["in.csv", "in.csv-metadata.json"]);
});

test("damage in the middle of IN is named, and leaves no OUT", async () => {
  await using folder = await temporaryFolder();
  const { path } = await record(folder.path, "zarr", tables);
  await rm(join(path, "spectrum/intensity/c"), { recursive: true });
  await rejectsWith(
    converted(path, join(folder.path, "out.h5")),
    "format",
    /in\.zarr\/spectrum\/intensity is damaged: its chunk 0, 0 is not there/,
  );
  assert.deepEqual(await readdir(folder.path), ["in.zarr"]);
});

test("a stop leaves no OUT", async () => {
  await using folder = await temporaryFolder();
  const { path } = await record(folder.path, "hdf5", tables);
  const stop = new AbortController();
  const promise = converted(path, join(folder.path, "out.parquet"), {
    stop: stop.signal,
    onProgress: ({ stream }) => {
      if (stream === gauges.name) stop.abort(new DaqError("process", "Stopped."));
    },
  });
  await rejectsWith(promise, "process", /Stopped/);
  assert.deepEqual(await readdir(folder.path), ["in.h5"]);
});

test("nothing that exists is overwritten, wherever a name is taken", async () => {
  await using folder = await temporaryFolder();
  const { path } = await record(folder.path, "hdf5", [gauges, spectrum]);
  for (const taken of ["out.csv", "out.spectrum.csv", "out.lab_2.gauges.csv-metadata.json", "out.run.json"]) {
    await writeFile(join(folder.path, taken), "mine");
    await rejectsWith(converted(path, join(folder.path, "out.csv")), "path", new RegExp(`${taken} exists`));
    assert.equal(await readFile(join(folder.path, taken), "utf8"), "mine");
    await rm(join(folder.path, taken));
    assert.deepEqual(await readdir(folder.path), ["in.h5"]);
  }
});

test("a name that is taken while it converts is left, and so is nothing of OUT", async () => {
  await using folder = await temporaryFolder();
  const { path } = await record(folder.path, "hdf5", [gauges, spectrum]);
  const promise = converted(path, join(folder.path, "out.parquet"), {
    onProgress: () => {
      writeFileSync(join(folder.path, "out.spectrum.parquet"), "somebody else's");
    },
  });
  await rejectsWith(promise, "path", /out\.spectrum\.parquet exists/);
  assert.deepEqual(await readdir(folder.path), ["in.h5", "out.spectrum.parquet"]);
  assert.equal(await readFile(join(folder.path, "out.spectrum.parquet"), "utf8"), "somebody else's");
});

test("what a killed conversion left is removed by the next one to the same OUT, and nothing else", async () => {
  await using folder = await temporaryFolder();
  const { path } = await record(folder.path, "hdf5", [gauges]);
  const out = join(folder.path, "out.arrow");
  const own = /^\.out\.arrow\.converting-([0-9a-f]{6})-/;
  let name = "";
  await converted(path, out, {
    onProgress: () => {
      name = readdirSync(folder.path).find((found) => own.test(found))!;
    },
  });
  await rm(out);
  const [, host] = own.exec(name)!;
  const dead = `.out.arrow.converting-${host}-2000000000`;
  const elsewhere = ".out.arrow.converting-ffffff-2000000000";
  for (const left of [dead, elsewhere]) await mkdir(join(folder.path, left));
  await converted(path, out);
  assert.deepEqual(await readdir(folder.path), [elsewhere, "in.h5", "out.arrow"]);
});

test("a codec, a level and an extension that do not go together are refused before anything is made", async () => {
  await using folder = await temporaryFolder();
  const { path } = await record(folder.path, "hdf5", [gauges]);
  const to = (name: string, more: Partial<ConvertOptions>) => converted(path, join(folder.path, name), more);
  await rejectsWith(
    to("o.csv", { compression: "zstd" }),
    "usage",
    /csv has no compression "zstd"/,
    /none, gzip/,
  );
  await rejectsWith(to("o.csv", { compression: "gzip" }), "usage", /ends with \.csv,/, /csv\.gz/);
  await rejectsWith(to("o.arrow", { compression: "lz4", level: 3 }), "usage", /takes no level/);
  await rejectsWith(to("o.h5", { level: 99 }), "usage", /from 1 to 9/);
  await rejectsWith(to("o.txt", {}), "format", /no known format/);
  await rejectsWith(to("in.h5", {}), "usage", /IN and OUT are both/);
  assert.deepEqual(await readdir(folder.path), ["in.h5"]);
  await to("o.csv.gz", {});
  assert.equal((await readFile(join(folder.path, "o.csv.gz")))[0], 0x1f);
  await to("plain.nxs", { level: 0 });
});

describe("files of other programs", () => {
  const csv = "timestamp,sequence,voltage\n1764000000000000001,0,0.5\n1764000000000000002,3,\n";

  test("a CSV table with times becomes a stream of doubles, with its gaps in the ledger", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "old run.csv");
    await writeFile(path, csv);
    const notices: string[] = [];
    const out = join(folder.path, "new.arrow");
    const { ledger } = await converted(path, out, { onNotice: (notice) => notices.push(notice) });
    assert.match(notices.join("\n"), /written by another program/);
    const [account] = ledger.accounts;
    assert.deepEqual([account?.produced, account?.stored, account?.lost], [4, 2, 2]);
    const arrow = await loadFormat("arrow");
    const { run, streams } = await arrow.inspect(out);
    assert.deepEqual(run?.experiment, { converted_from: "old run.csv" });
    assert.equal(run?.startedAtNs, "1764000000000000001");
    const values = await read(arrow, out, streams[0]!.schema.name);
    assert.deepEqual(values.get("old_run")!.columns.get("voltage"), [0.5, null]);
    assert.deepEqual(values.get("old_run")!.timestampsNs, [1764000000000000001n, 1764000000000000002n]);
  });

  test("no time is invented, and no digit dropped", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "in.csv");
    const refuses = async (text: string, ...why: RegExp[]) => {
      await writeFile(path, text);
      await rejectsWith(converted(path, join(folder.path, "out.h5")), "format", ...why);
      assert.deepEqual(await readdir(folder.path), ["in.csv"]);
    };
    await refuses("t,voltage\n1,2\n", /not a recording of daq-storage/, /"timestamp" and "sequence"/);
    await refuses("timestamp,sequence,n\n1,0,9007199254740993\n", /line 2.*9007199254740993/);
    await refuses("timestamp,sequence,n\n1,0,abc\n", /line 2: "abc" is no float64/);
    await refuses("timestamp,sequence,n\n1,0,1\n2,0,1\n", /sequence number 0, where 1 or more/);
    await refuses("timestamp,sequence,n\n1,0,1,9\n", /line 2: it has 4 fields/);
  });
});

test("a truncated file is told from a finished one", async () => {
  for (const name of formatNames) {
    if (name === "zarr") continue; // A folder: see the test of its missing chunks.
    await using folder = await temporaryFolder();
    const { path } = await record(folder.path, name, [gauges]);
    await truncate(path, Math.floor((await stat(path)).size * 0.7));
    const before = await readdir(folder.path);
    await assert.rejects(converted(path, join(folder.path, "out.arrow")), (error) => {
      assert.ok(error instanceof DaqError, `${name}: ${error}`);
      assert.equal(error.code, "format", error.message);
      assert.ok(error.message.includes(path), error.message);
      return true;
    });
    assert.deepEqual(await readdir(folder.path), before);
  }
});

test("a run in parts becomes one file, with all of its records", async () => {
  await using folder = await temporaryFolder();
  const parquet = await loadFormat("parquet");
  const rotating = rotatingFormat(parquet, { bytes: 1 });
  const path = join(folder.path, "in.parquet");
  const options = { compression: "snappy", durability: "process" } as const;
  const run = { info: sampleRun, streams: [gauges, camera] };
  const writer = await rotating.create({ path, run, options, openSink: openFileSink });
  const sources = [new SampleBatches(gauges), new SampleBatches(camera)];
  const account = (stored: number): Ledger =>
    ledgerOf([gauges, camera].map((schema) => ({ schema, stored, ranges: [] })));
  const parts = [];
  for (let part = 1; part <= 3; part++) {
    parts.push(
      await appendAll(
        writer,
        sources.map((source) => source.next(40)),
      ),
    );
    await writer.checkpoint(() => account(part * 40));
  }
  await writer.close(account(120));
  const files = writer.files.map((file) => ({ ...file, path: basename(file.path) }));
  assert.equal(files.length, 6);
  const index = join(folder.path, "in.run.json");
  const outputs = [{ format: "parquet", files, ledger: account(120) }];
  await writeRunIndex(
    index,
    { daqRun: 1, end: "closed", endedAtNs: "1764000001000000000", run, outputs, notes: [] },
    false,
  );
  const out = join(folder.path, "out.h5");
  const { ledger } = await converted(index, out);
  assert.deepEqual(ledger, account(120));
  const hdf5 = await loadFormat("hdf5");
  for (const { name } of run.streams)
    assert.deepEqual((await read(hdf5, out, name)).get(name), joined(...parts).get(name));

  await rm(join(folder.path, "in_0002.camera0.parquet"));
  await rejectsWith(
    converted(index, join(folder.path, "again.h5")),
    "path",
    /in_0002\.camera0\.parquet: no such file/,
    /--stream/,
  );
  await converted(index, join(folder.path, "again.h5"), { streams: [gauges.name] });
});
