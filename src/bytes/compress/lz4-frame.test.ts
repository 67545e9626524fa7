import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeBytes, encodeBytes } from "./codec.ts";
import { noise, picture } from "./sample-bytes.test.ts";
import { xxh32 } from "./xxh32.ts";

const steps = [{ codec: "lz4-frame" }] as const;

function sumOf(bytes: Uint8Array): number {
  return xxh32(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.byteLength);
}

/** A frame put together by hand: its flags, its blocks as they are, and its checksum. */
function frame(flags: number, blocks: readonly Uint8Array[], content?: Uint8Array): Uint8Array {
  const descriptor = Uint8Array.of(0x40 | flags, 0x40);
  const word = (value: number) => Uint8Array.of(value, value >> 8, value >> 16, value >>> 24);
  const hasBlockSums = (flags & 0x10) !== 0;
  return Buffer.concat([
    word(0x184d_2204),
    descriptor,
    Uint8Array.of(sumOf(descriptor) >> 8),
    ...blocks.flatMap((block) => [
      word(block.byteLength),
      block,
      ...(hasBlockSums ? [word(sumOf(block))] : []),
    ]),
    word(0),
    ...(content === undefined ? [] : [word(sumOf(content))]),
  ]);
}

test("the checksum agrees with xxHash's own vectors", () => {
  assert.equal(sumOf(new Uint8Array(0)), 0x02cc_5d05);
  assert.equal(sumOf(Buffer.from("a")), 0x550d_7456);
  assert.equal(sumOf(Buffer.from("abc")), 0x32d1_53ff);
  assert.equal(sumOf(Buffer.from("Nobody inspects the spammish repetition")), 0xe229_3b2f);
});

test("a frame starts as Arrow needs it: independent blocks and the content's size", () => {
  const encoded = encodeBytes(picture(5 << 20), steps);
  assert.deepEqual(
    [...encoded.subarray(0, 14)],
    [0x04, 0x22, 0x4d, 0x18, 0x68, 0x70, 0, 0, 0x50, 0, 0, 0, 0, 0],
  );
  assert.deepEqual([...encoded.subarray(-4)], [0, 0, 0, 0]);
});

test("blocks whose matches reach into the block before are read", () => {
  // "abcd" as it is; then a match of 8 at distance 4, and "x" as it is; then the same 40 bytes back, and "end!!".
  const first = Uint8Array.of(0x40, ...Buffer.from("abcd"));
  const second = Uint8Array.of(0x04, 4, 0, 0x10, ..."x".split("").map((letter) => letter.charCodeAt(0)));
  const third = Uint8Array.of(0x0f, 13, 0, 21, 0x50, ...Buffer.from("end!!"));
  const text = Buffer.from(`abcd${"abcdabcd"}x${"abcdabcdabcdx".repeat(4).slice(0, 40)}end!!`);
  const linked = frame(0x14, [first, second, third], text);
  assert.equal(Buffer.from(decodeBytes(linked, steps, text.byteLength)).toString(), text.toString());
  assert.throws(
    () => decodeBytes(frame(0x20, [first, second, third]), steps, text.byteLength),
    /block at byte 4/,
  );
});

test("matches that reach before the frame, and checksums that do not fit, are damage", () => {
  const before = frame(0, [Uint8Array.of(0x10, 65, 5, 0, 0x50, 1, 2, 3, 4, 5)]);
  assert.throws(() => decodeBytes(before, steps, 10), /damaged/);
  const content = noise(100);
  const stored = frame(0x04, [], new Uint8Array(0));
  assert.equal(decodeBytes(stored, steps, 0).byteLength, 0);
  const wrong = frame(0x04, [], content);
  assert.throws(() => decodeBytes(wrong, steps, 0), /checksum of the frame/);
});
