import { constants, crc32, inflateRawSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { SystemEngine } from "./system-engine.ts";

const guardBytes = 4096;
const guard = 0xa5;
const untouched = Buffer.alloc(guardBytes, guard);

let made: readonly Uint8Array[] | undefined;

/** Text, noise of more than one stored block, and both by turns: literals, matches and blocks of all kinds. */
function samples(): readonly Uint8Array[] {
  if (made !== undefined) return made;
  const noise = new Uint8Array(66_000);
  let state = 1;
  for (let at = 0; at < noise.byteLength; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    noise[at] = state >>> 24;
  }
  const mixed = noise.slice(0, 20_000);
  for (let at = 0; at < mixed.byteLength; at++) if (at & 1024) mixed[at] = (at >> 3) ^ (at & 3);
  made = [
    new Uint8Array(0),
    noise.subarray(0, 1),
    Buffer.from("0.125,17.5,-3e-9\r\n".repeat(500)),
    noise,
    mixed,
  ];
  return made;
}

/** Source and target with a guard on each side. */
function testAreas(sample: Uint8Array, capacity: number) {
  const bytes = Buffer.alloc(3 * guardBytes + sample.byteLength + capacity, guard);
  const source = guardBytes;
  const target = source + sample.byteLength + guardBytes;
  bytes.set(sample, source);
  return { bytes, source, length: sample.byteLength, target, capacity };
}

function checkUntouched(areas: ReturnType<typeof testAreas>, sample: Uint8Array): void {
  const { bytes, source, target, capacity } = areas;
  const around = [0, source + sample.byteLength, target + capacity];
  if (!around.every((start) => untouched.equals(bytes.subarray(start, start + guardBytes))))
    throw new Error("it writes outside of its target");
  if (!Buffer.from(sample).equals(bytes.subarray(source, source + sample.byteLength)))
    throw new Error("it changes its source");
}

function checkSame(decoded: Uint8Array, sample: Uint8Array, what: string): void {
  if (!Buffer.from(sample).equals(decoded)) throw new Error(`${what} comes back as other bytes`);
}

/** Node's zlib has to read what the library writes, at every level. Throws with what is wrong. */
export function testDeflate(engine: SystemEngine, levels: readonly number[]): void {
  for (const level of levels)
    for (const sample of samples()) {
      const areas = testAreas(sample, sample.byteLength + 1024);
      const length = engine.compress(level, areas);
      checkUntouched(areas, sample);
      const encoded = areas.bytes.subarray(areas.target, areas.target + length);
      checkSame(inflateRawSync(encoded), sample, `level ${level}`);
      checkNoRoom(engine, level, sample);
    }
}

/** Noise does not fit into less than its length; that must be told, not written. */
function checkNoRoom(engine: SystemEngine, level: number, sample: Uint8Array): void {
  const areas = testAreas(sample, Math.floor(sample.byteLength / 100));
  const length = engine.compress(level, areas);
  checkUntouched(areas, sample);
  if (length > areas.capacity) throw new Error(`level ${level} writes more than there is room for`);
}

/** Node's zlib and the library have to read each other's frames, and the frames have to tell their size. */
export function testZstd(engine: SystemEngine, levels: readonly number[]): void {
  for (const level of levels)
    for (const sample of samples()) {
      const areas = testAreas(sample, sample.byteLength + 1024);
      const length = engine.compress(level, areas);
      checkUntouched(areas, sample);
      const encoded = areas.bytes.subarray(areas.target, areas.target + length);
      checkSame(zstdDecompressSync(encoded), sample, `level ${level}`);
      const params = { [constants.ZSTD_c_compressionLevel]: level };
      const foreign = new Uint8Array(zstdCompressSync(sample, { params }));
      const back = testAreas(foreign, sample.byteLength);
      const decoded = engine.decompress!(back);
      checkUntouched(back, foreign);
      checkSame(back.bytes.subarray(back.target, back.target + decoded), sample, "a frame of Node's");
      checkNoRoom(engine, level, sample);
    }
}

/** The checksums have to be zlib's. Throws with what is wrong. */
export function testCrc32({ crc32: checksum }: SystemEngine): void {
  for (const sample of samples())
    for (const start of [0, 1, 7]) {
      const part = sample.subarray(Math.min(start, sample.byteLength));
      const { bytes, source } = testAreas(part, 0);
      if (checksum?.(bytes, source, part.byteLength) !== crc32(part))
        throw new Error(`its CRC-32 of ${part.byteLength} bytes is another one`);
    }
}
