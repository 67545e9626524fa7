import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { crc32 } from "node:zlib";
import { openFileSink } from "../../bytes/file-sink.ts";
import { DaqError } from "../../model/errors.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import {
  everyType,
  gauges,
  logbook,
  sampleRun,
  spectrum,
} from "../../testing/format-contract/sample-streams.ts";
import { ParquetInput } from "./input.ts";
import { inspectParquet } from "./inspect.ts";
import { decodePageHeader } from "./page-header.ts";
import type { ParsedChunk } from "./parse-metadata.ts";
import { ParquetReader } from "./read.ts";
import { readFooter } from "./read-footer.ts";
import { ParquetStreamFile } from "./stream-file.ts";
import { TailFile } from "./tail-file.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "daq-parquet-damaged-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** The same each time, so that a failure can be run again. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

let files = 0;

async function wholeFile(compression: string, stream: StreamSchema): Promise<Uint8Array> {
  const path = join(folder, `whole-${files++}.parquet`);
  const file = await ParquetStreamFile.create(await openFileSink(path), {
    stream,
    info: sampleRun,
    options: { compression, durability: "process", chunkRows: 50 },
    tail: new TailFile(path, openFileSink, false),
    rowGroupBytes: 10_000,
  });
  await file.append(new SampleBatches(stream).next(400));
  await file.close({ complete: true, accounts: [] });
  return new Uint8Array(await readFile(path));
}

/** Reads all that there is; how many records that are. */
async function readAll(path: string): Promise<number> {
  await inspectParquet(path);
  await using reader = await ParquetReader.open(path);
  let records = 0;
  for await (const group of reader.rowGroups()) records += group.count;
  return records;
}

/** Undefined for a file that was refused as it should be. */
async function readOrRefused(path: string, what: string): Promise<number | undefined> {
  const memory = process.memoryUsage.rss();
  try {
    return await readAll(path);
  } catch (error) {
    assert.ok(error instanceof DaqError, `${what}: ${error instanceof Error ? error.stack : error}`);
    assert.equal(error.code, "format", what);
    assert.ok(error.message.includes(path), `${what}: ${error.message}`);
    return undefined;
  } finally {
    assert.ok(process.memoryUsage.rss() - memory < 300 << 20, `${what} took much memory`);
  }
}

/** Where the pages of a column chunk begin, its dictionary included; those without a byte are left out. */
function pagesOf(file: Uint8Array, { startBytes, bytes }: ParsedChunk): number[] {
  const pages: number[] = [];
  for (let at = startBytes; at < startBytes + bytes; ) {
    const { headerBytes, storedBytes } = decodePageHeader(file.subarray(at));
    if (storedBytes > 0) pages.push(at);
    at += headerBytes + storedBytes;
  }
  return pages;
}

/** As Thrift has it. */
function zigzag(value: number): Buffer {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

/** Flips bits in a page, and gives it a checksum that fits: what then comes out is up to whoever decodes it. */
function damageBody(file: Uint8Array, pageAt: number, random: (below: number) => number): void {
  const header = decodePageHeader(file.subarray(pageAt));
  assert.ok(header.kind !== "other" && header.checksum !== undefined);
  const headerBytes = Buffer.from(file.buffer, file.byteOffset + pageAt, header.headerBytes);
  const body = file.subarray(pageAt + header.headerBytes).subarray(0, header.storedBytes);
  const before = zigzag(header.checksum | 0);
  const at = headerBytes.indexOf(before);
  let after: Buffer;
  // Most checksums are equally long; one that is not has no room.
  do {
    for (let flips = 1 + random(3); flips > 0; flips--) {
      // Lengths, levels and counts stand in front.
      const byte = random(random(2) === 0 ? Math.min(16, body.byteLength) : body.byteLength);
      body[byte]! ^= 1 << random(8);
    }
    after = zigzag(crc32(body) | 0);
  } while (after.byteLength !== before.byteLength);
  headerBytes.set(after, at);
}

type Damage = (bytes: Uint8Array, random: (below: number) => number) => Uint8Array;

const footerBytes = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.byteLength - 8, true);

const damages: { readonly [name: string]: Damage } = {
  "cut short": (bytes, random) => bytes.slice(0, random(bytes.byteLength)),
  "with bits flipped anywhere": (bytes, random) => {
    for (let flips = 1 + random(4); flips > 0; flips--) bytes[random(bytes.byteLength)]! ^= 1 << random(8);
    return bytes;
  },
  "with bits flipped in its footer": (bytes, random) => {
    const length = footerBytes(bytes);
    for (let flips = 1 + random(3); flips > 0; flips--)
      bytes[bytes.byteLength - 8 - 1 - random(length)]! ^= 1 << random(8);
    return bytes;
  },
  "with numbers in its footer that are anything": (bytes, random) => {
    const at = bytes.byteLength - 8 - footerBytes(bytes) + random(footerBytes(bytes) - 5);
    // The longest varints there are: sizes and counts of up to four thousand million.
    for (let byte = 0; byte < 4; byte++) bytes[at + byte] = 0x80 | random(128);
    bytes[at + 4] = random(16);
    return bytes;
  },
  "with a wrong length of its footer": (bytes, random) => {
    const length = random(2) === 0 ? random(bytes.byteLength) : random(2 ** 32);
    new DataView(bytes.buffer).setUint32(bytes.byteLength - 8, length, true);
    return bytes;
  },
  "with a part in another place": (bytes, random) => {
    const length = random(300);
    bytes.copyWithin(random(bytes.byteLength), random(bytes.byteLength), random(bytes.byteLength) + length);
    return bytes;
  },
};

describe("a Parquet file that is damaged", () => {
  for (const [name, damage] of Object.entries(damages))
    test(`${name}: is read, or refused by name and with its path, in bounded memory`, async () => {
      const random = randomFrom(2026);
      const outcomes = { read: 0, refused: 0 };
      for (const stream of [gauges, spectrum, logbook])
        for (const compression of ["none", "snappy", "zstd", "gzip", "lz4_raw"]) {
          const whole = await wholeFile(compression, stream);
          const path = join(folder, "damaged.parquet");
          for (let round = 0; round < 25; round++) {
            await writeFile(path, damage(Uint8Array.from(whole), random));
            const records = await readOrRefused(path, `${stream.name}, ${compression}, round ${round}`);
            if (records === undefined) outcomes.refused++;
            else outcomes.read++;
          }
        }
      assert.ok(outcomes.refused > 50, JSON.stringify(outcomes));
    });

  test("in its pages, with checksums that fit: is read, or refused by name and with its path", async () => {
    const random = randomFrom(2027);
    const outcomes = { read: 0, refused: 0 };
    for (const stream of [everyType, gauges, spectrum, logbook])
      for (const compression of ["none", "snappy", "zstd", "gzip", "lz4_raw"]) {
        const whole = await wholeFile(compression, stream);
        const path = join(folder, "damaged-pages.parquet");
        await writeFile(path, whole);
        await using input = await ParquetInput.open(path);
        const chunks = (await readFooter(input))!.rowGroups.flatMap((group) => group.chunks);
        const pages = chunks.flatMap((chunk) => pagesOf(whole, chunk));
        for (let round = 0; round < 60; round++) {
          const damaged = Uint8Array.from(whole);
          damageBody(damaged, pages[random(pages.length)]!, random);
          const mutant = join(folder, "damaged-page.parquet");
          await writeFile(mutant, damaged);
          const records = await readOrRefused(mutant, `${stream.name}, ${compression}, round ${round}`);
          if (records === undefined) outcomes.refused++;
          else outcomes.read++;
        }
      }
    // Other numbers are numbers, too.
    assert.ok(outcomes.refused > 100 && outcomes.read > 100, JSON.stringify(outcomes));
  });

  test("a footer of millions of empty structures is refused before they fill the memory", async () => {
    const path = join(folder, "structures.parquet");
    const many = 30 << 20;
    // Field 4 as a list of structs, each only its end.
    const head = [0x49, 0xfc, ...[0, 7, 14, 21].map((shift) => ((many >> shift) & 0x7f) | 0x80), 0];
    const file = new Uint8Array(4 + head.length + many + 1 + 8);
    file.set(Buffer.from("PAR1"));
    file.set(head, 4);
    new DataView(file.buffer).setUint32(file.byteLength - 8, head.length + many + 1, true);
    file.set(Buffer.from("PAR1"), file.byteLength - 4);
    await writeFile(path, file);
    await assert.rejects(inspectParquet(path), /more than \d+ structures/);
  });
});
