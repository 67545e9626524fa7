import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { describe, test } from "node:test";
import { openFileSink } from "../../bytes/file-sink.ts";
import type { Format, FormatName, FormatWriter, WriterState, WriterTarget } from "../../formats/contract.ts";
import { loadFormat } from "../../formats/registry.ts";
import { DaqError } from "../../model/errors.ts";
import { AccountBook, type Ledger, mostRanges, type StreamAccount } from "../../model/ledger.ts";
import { joined, targetIn, temporaryFolder } from "../../testing/format-contract/recording.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import { everyType, gauges } from "../../testing/format-contract/sample-streams.ts";
import { type StreamValues, valuesOf } from "../../testing/format-contract/stream-values.ts";
import { partPath } from "./part-path.ts";
import { rotatingFormat } from "./rotating-format.ts";

const streams = [everyType, gauges];

/** A run as a recorder makes it: batches and losses go into the account, checkpoints into a journal. */
class Run {
  readonly format: Format;
  readonly rotating: Format;
  readonly target: WriterTarget;
  readonly sources = streams.map((stream) => new SampleBatches(stream));
  readonly #books = new Map(streams.map(({ name }) => [name, new AccountBook(name, `${name}.losses.csv`)]));
  readonly values: Map<string, StreamValues>[] = [];
  #saved: readonly Ledger[] = [];
  state: WriterState = {};

  constructor(format: Format, folder: string, rotation: { bytes?: number; seconds?: number }) {
    const options = { compression: format.defaultCompression, durability: "process" } as const;
    this.format = format;
    this.rotating = rotatingFormat(format, rotation);
    this.target = targetIn(folder, format, streams, options, openFileSink);
  }

  ledger(): Ledger {
    return { complete: true, accounts: [...this.#books.values()].map((book) => book.account()) };
  }

  async append(writer: FormatWriter, count: number): Promise<void> {
    for (const source of this.sources) {
      const batch = source.next(count);
      this.values.push(valuesOf([batch]));
      await writer.append(batch);
      this.#books.get(source.stream.name)!.store(count);
    }
  }

  lose(count: number): void {
    for (const source of this.sources) {
      const range = source.skip(count);
      this.#books.get(source.stream.name)!.lose({ ...range, reason: "device", atNs: "7" });
    }
  }

  async checkpoint(writer: FormatWriter): Promise<void> {
    this.state = JSON.parse(JSON.stringify(await writer.checkpoint(() => this.ledger()))) as WriterState;
    this.#saved = [...this.#saved, this.ledger()];
  }

  /** Reads each part on its own; what they say adds up to the run, and their records are those of the run. */
  async check(parts: number): Promise<void> {
    const end = this.ledger();
    const found: Map<string, StreamValues>[] = [];
    const sums = new Map(streams.map(({ name }) => [name, { produced: 0, stored: 0, lost: 0, ranges: 0 }]));
    for (let part = 1; part <= parts; part++)
      for (const { path, streams: names } of this.format.plan(
        partPath(this.format, this.target.path, part),
        streams,
      )) {
        if (names.length === 0) continue;
        const summary = await this.format.inspect(path);
        assert.equal(summary.state, "complete", path);
        assert.equal(summary.ledger?.complete, true);
        for (const name of names) {
          for await (const batch of this.format.read(path, name)) found.push(valuesOf([batch]));
          const account: StreamAccount = summary.ledger!.accounts.find(({ stream }) => stream === name)!;
          const sum = sums.get(name)!;
          for (const { first, count } of account.ranges)
            assert.ok(first >= sum.produced && first + count <= sum.produced + account.produced);
          const more = Object.values(account.more?.lost ?? {}).reduce((total, count) => total + count, 0);
          const inRanges = account.ranges.reduce((total, { count }) => total + count, 0);
          assert.equal(inRanges + more, account.lost);
          assert.equal(account.produced, account.stored + account.lost);
          const records = summary.streams.find(({ schema }) => schema.name === name)?.records;
          assert.equal(records, account.stored, path);
          sum.produced += account.produced;
          sum.stored += account.stored;
          sum.lost += account.lost;
        }
      }
    for (const { stream, produced, stored, lost } of end.accounts) {
      const { ranges: _ranges, ...sum } = sums.get(stream)!;
      assert.deepEqual(sum, { produced, stored, lost });
    }
    assert.deepEqual(joined(...found), joined(...this.values));
  }
}

const names: readonly FormatName[] = ["parquet", "arrow", "csv", "hdf5"];

describe("files in parts", () => {
  for (const name of names) {
    test(`${name}: a part ends at the checkpoint at which it is due, complete with its part of the ledger`, async () => {
      await using folder = await temporaryFolder();
      const run = new Run(await loadFormat(name), folder.path, { bytes: 1 });
      const writer = await run.rotating.create(run.target);
      await run.checkpoint(writer);
      for (let part = 1; part <= 4; part++) {
        await run.append(writer, 50);
        run.lose(part);
        await run.append(writer, 7);
        if (part === 2) run.lose(3); // At the end of a part.
        if (part === 3) await run.checkpoint(writer); // Twice in one part: it was due already.
        await run.checkpoint(writer);
      }
      await writer.close(run.ledger());
      await run.check(4);
      assert.deepEqual(
        writer.files,
        [1, 2, 3, 4].flatMap((part) => run.format.plan(partPath(run.format, run.target.path, part), streams)),
      );
      assert.equal((await readdir(folder.path)).length, writer.files.length);
    });

    test(`${name}: killed at any moment, it goes on at its last checkpoint without a hole or a duplicate`, async () => {
      // What was done since the checkpoint when it dies: nothing, the next part begun, a checkpoint more that never counted.
      for (const crash of ["at once", "next part", "next checkpoint", "closed"] as const) {
        await using folder = await temporaryFolder();
        const run = new Run(await loadFormat(name), folder.path, { bytes: 1 });
        const first = await run.rotating.create(run.target);
        await run.append(first, 60);
        run.lose(2);
        await run.checkpoint(first); // Part 1 ends here.
        const others = new Run(run.format, folder.path, { bytes: 1 });
        for (const source of others.sources) {
          source.next(60);
          source.skip(2);
        }
        const { state } = run;
        if (crash !== "at once" && crash !== "closed") await others.append(first, 33);
        if (crash === "next checkpoint") await first.checkpoint(() => run.ledger());
        if (crash === "closed") await first.close(run.ledger());
        await first[Symbol.asyncDispose]();

        const second = await run.rotating.resume(run.target, state);
        await run.append(second, 21);
        await run.checkpoint(second); // Part 1 is closed, part 2 ends.
        await second[Symbol.asyncDispose]();
        const third = await run.rotating.resume(run.target, run.state);
        await run.append(third, 5);
        await third.close(run.ledger());
        await run.check(3);
        assert.equal((await readdir(folder.path)).length, third.files.length, crash);
      }
    });
  }
});

test("a part is due by time, too, and not without a record", async () => {
  await using folder = await temporaryFolder();
  const run = new Run(await loadFormat("arrow"), folder.path, { seconds: 0 });
  const writer = await run.rotating.create(run.target);
  await run.checkpoint(writer);
  await run.checkpoint(writer);
  await run.append(writer, 3);
  await run.checkpoint(writer);
  await run.append(writer, 3);
  await writer.close(run.ledger());
  await run.check(2);
});

test("lost ranges beyond those of a ledger are in the account of the part in which they were lost", async () => {
  await using folder = await temporaryFolder();
  const run = new Run(await loadFormat("parquet"), folder.path, { bytes: 1 });
  const writer = await run.rotating.create(run.target);
  for (let part = 0; part < 3; part++) {
    for (let at = 0; at < mostRanges * 0.7; at++) {
      run.lose(2);
      await run.append(writer, 1);
    }
    await run.checkpoint(writer);
  }
  await writer.close(run.ledger());
  await run.check(3);
});

test("a scan's grid is for a run of one part: in a later part its frames would have other numbers", async () => {
  for (const parts of [1, 2]) {
    await using folder = await temporaryFolder();
    const hdf5 = await loadFormat("hdf5");
    const given: string[] = [];
    const format: Format = {
      ...hdf5,
      create: async (target) =>
        Object.assign(await hdf5.create(target), { addGrid: () => void given.push(target.path) }),
    };
    const run = new Run(format, folder.path, { bytes: 1 });
    const writer = await run.rotating.create(run.target);
    for (let part = 0; part < parts; part++) {
      await run.append(writer, 10);
      await run.checkpoint(writer);
    }
    writer.addGrid!({ axes: [], quantities: [], frames: [] });
    await writer.close(run.ledger());
    assert.equal(given.length, parts === 1 ? 1 : 0);
  }
});

test("a part of another run in the way is found before anything is made", async () => {
  await using folder = await temporaryFolder();
  const run = new Run(await loadFormat("parquet"), folder.path, { bytes: 1 });
  const other = await run.format.create({ ...run.target, path: partPath(run.format, run.target.path, 7) });
  await other[Symbol.asyncDispose]();
  const before = await readdir(folder.path);
  await assert.rejects(run.rotating.create(run.target), (error) => {
    assert.ok(error instanceof DaqError);
    assert.equal(error.code, "path");
    assert.match(error.message, /_0007\..*parquet exists/);
    return true;
  });
  assert.deepEqual(await readdir(folder.path), before);
});
