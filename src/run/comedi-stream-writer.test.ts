import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ArrowReader } from "../formats/arrow/read.ts";
import { openHdf5 } from "../formats/hdf5/open-hdf5.ts";
import { DaqError } from "../model/errors.ts";
import type { ChannelConfig } from "./comedi-channels.ts";
import { ComediStreamWriter } from "./comedi-stream-writer.ts";

const channels: readonly ChannelConfig[] = [
  { index: 0, name: "power_meter", minVolts: -0.1, maxVolts: 10 },
  { index: 1, name: "detector", minVolts: 0, maxVolts: 5 },
];

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "daq-comedi-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Scans of two channels that count: the first up, the second down. */
function counts(first: number, scans: number): Uint16Array {
  return Uint16Array.from({ length: scans * 2 }, (_, at) => {
    const scan = (first + (at >> 1)) & 0xffff;
    return at % 2 === 0 ? scan : 0xffff - scan;
  });
}

test("stores interleaved counts as volts in HDF5 and in Arrow, each channel under its name", async () => {
  await inFolder(async (folder) => {
    const writer = await ComediStreamWriter.create({
      outputPath: join(folder, "data.h5"),
      channels,
      sampleRateHz: 100_000,
      compression: "gzip",
      storageFormat: "both",
      experiment: { name: "comedi", operator: "Ada" },
    });
    const start = 1_764_000_000_000_000_000n;
    for (let first = 0; first < 200_000; first += 1_000)
      await writer.write(counts(first, 1_000), start + BigInt(first) * 10_000n);
    const { files, ledgers, failures } = await writer.close();
    assert.deepEqual(files, [join(folder, "data.h5"), join(folder, "data.arrow")]);
    assert.deepEqual(failures, {});
    for (const { accounts } of Object.values(ledgers))
      assert.deepEqual(
        accounts.map(({ produced, stored, lost }) => ({ produced, stored, lost })),
        [{ produced: 200_000, stored: 200_000, lost: 0 }],
      );

    const volts = (count: number) => count * (10.1 / 0xffff) - 0.1;
    const file = await openHdf5(files[0]!);
    const power = file.dataset("/power_meter")!.value as Float64Array;
    assert.equal(file.dataset("/power_meter")!.attrs.units!.value, "V");
    const times = file.dataset("/timestamps")!.value as BigInt64Array;
    file.close();
    assert.equal(power.length, 200_000);
    for (const row of [0, 1, 999, 65_536, 199_999]) {
      assert.equal(power[row], volts(row & 0xffff));
      assert.equal(times[row], start + BigInt(row) * 10_000n);
    }

    await using reader = await ArrowReader.open(files[1]!);
    let row = 0;
    for await (const { columns, count } of reader.batches()) {
      const { bytes } = columns[1]!;
      const detector = new Float64Array(bytes.buffer, bytes.byteOffset, count);
      for (let at = 0; at < count; at += 997)
        assert.equal(detector[at], (0xffff - ((row + at) & 0xffff)) * (5 / 0xffff));
      row += count;
    }
    assert.equal(row, 200_000);
  });
});

test("keeps the counts themselves, with the scale and offset to volts, when it is asked to", async () => {
  await inFolder(async (folder) => {
    const writer = await ComediStreamWriter.create({
      outputPath: join(folder, "raw.h5"),
      channels,
      sampleRateHz: 1_000,
      stored: "raw",
      maxData: 4095,
    });
    await writer.write(Uint16Array.of(0, 4095, 2048, 1));
    await assert.rejects(writer.write(Float64Array.of(1, 2)), /counts of the card/);
    await assert.rejects(writer.write(Uint16Array.of(1, 2, 3)), /not a whole number of scans/);
    await writer.lose(3, "the buffer ran over");
    const { files, ledgers } = await writer.close();
    assert.deepEqual(files, [join(folder, "raw.h5")]);
    assert.equal(ledgers.hdf5!.accounts[0]!.lost, 3);
    const file = await openHdf5(files[0]!);
    const detector = file.dataset("/detector")!;
    assert.deepEqual([...(detector.value as Uint16Array)], [4095, 1]);
    assert.deepEqual([...(detector.attrs.scale_factor!.value as Float64Array)], [5 / 4095]);
    file.close();
    await assert.rejects(writer.write(Uint16Array.of(1, 2)), /after the writer was closed/);
  });
});

test("refuses a file that exists, and leaves nothing behind", async () => {
  await inFolder(async (folder) => {
    const outputPath = join(folder, "data.h5");
    writeFileSync(outputPath, "somebody's only copy");
    await assert.rejects(
      ComediStreamWriter.create({ outputPath, channels, sampleRateHz: 1_000, storageFormat: "both" }),
      (error) => error instanceof DaqError && error.code === "path" && error.message.includes(outputPath),
    );
    assert.equal(existsSync(join(folder, "data.arrow")), false);
  });
});

test("refuses channels, rates and settings that no card has, in words", async () => {
  const refused = async (options: object, words: RegExp) => {
    const given = { outputPath: "/nowhere/data.h5", channels, sampleRateHz: 1_000, ...options };
    await assert.rejects(
      ComediStreamWriter.create(given as Parameters<typeof ComediStreamWriter.create>[0]),
      words,
    );
  };
  await refused({ channels: [] }, /1 to 256 were expected/);
  await refused({ channels: [{ ...channels[0]!, name: "a/b" }] }, /letters, digits/);
  await refused({ channels: [channels[0]!, channels[0]!] }, /used twice/);
  await refused({ channels: [{ ...channels[0]!, minVolts: 10, maxVolts: -10 }] }, /is empty/);
  await refused({ sampleRateHz: 0 }, /positive number of scans/);
  await refused({ maxData: 1.5 }, /largest count/);
  await refused({ compression: "rar" }, /is not known to hdf5/);
  await refused({ storageFormat: "xlsx" }, /storageFormat is "xlsx"/);
});

test("stores calls that were not awaited, one after the other, before it closes", async () => {
  await inFolder(async (folder) => {
    const writer = await ComediStreamWriter.create({
      outputPath: join(folder, "data.h5"),
      channels,
      sampleRateHz: 1_000,
      stored: "raw",
    });
    const written = Array.from({ length: 20 }, (_, call) => writer.write(counts(call * 100, 100)));
    const { files, ledgers } = await writer.close();
    await Promise.all(written);
    assert.equal(ledgers.hdf5!.accounts[0]!.stored, 2_000);
    const file = await openHdf5(files[0]!);
    const power = file.dataset("/power_meter")!.value as Uint16Array;
    file.close();
    assert.deepEqual(
      power,
      Uint16Array.from({ length: 2_000 }, (_, row) => row),
    );
  });
});

test("a value out of its channel's range is refused with channel, value and range, and nothing of the call is stored", async () => {
  await inFolder(async (folder) => {
    const writer = await ComediStreamWriter.create({
      outputPath: join(folder, "data.arrow"),
      channels,
      sampleRateHz: 1000,
      maxData: 4095,
    });
    await writer.write(Float64Array.of(10, 5, -0.1, 0));
    await assert.rejects(writer.write(Float64Array.of(1, 1, 1, 5.1)), {
      code: "device",
      message: /"detector" \(index 1\): 5\.1 V in scan 1 .* 0 V to 5 V/,
    });
    await assert.rejects(
      writer.write(Float64Array.of(Number.NEGATIVE_INFINITY, 1)),
      /power_meter.*-Infinity V/,
    );
    await assert.rejects(writer.write(Uint16Array.of(0, 4096)), /"detector".* 4096 .* 0 to 4095 counts/);
    // One count above the end is a card's rounding, and NaN an input that was driven too far.
    await writer.write(Float64Array.of(10.002, Number.NaN));
    await writer.write(Uint16Array.of(4095, 0));
    const { files } = await writer.close();
    const reader = await ArrowReader.open(files[0]!);
    const volts: number[] = [];
    for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
      const { buffer, byteOffset } = batch.columns[1]!.bytes;
      volts.push(...new Float64Array(buffer, byteOffset, batch.count));
    }
    await reader.close();
    assert.deepEqual(volts, [5, 0, Number.NaN, 0]);
  });
});
