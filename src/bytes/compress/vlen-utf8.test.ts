import assert from "node:assert/strict";
import { test } from "node:test";
import { DaqError } from "../../model/errors.ts";
import { putText } from "../../model/text-values.ts";
import { decodeBytes, type EncodeStep, encodeBytes } from "./codec.ts";
import { randomNumbers } from "./sample-bytes.test.ts";

const cellBytes = 9;
const texts = ["", "a", "µW 温", "ninebytes", "", "🔬🔬"];
const step = { codec: "vlen-utf8", cellBytes } as const;

function cellsOf(values: readonly string[]): Uint8Array {
  const cells = new Uint8Array(values.length * cellBytes);
  for (const [row, text] of values.entries())
    putText(cells.subarray(row * cellBytes, (row + 1) * cellBytes), text);
  return cells;
}

/** As the specification has them, put together without what is tested. */
function packed(values: readonly string[]): Buffer {
  const number = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
  return Buffer.concat([
    number(values.length),
    ...values.flatMap((text) => [number(Buffer.byteLength(text)), Buffer.from(text)]),
  ]);
}

function refused(bytes: Uint8Array, reason: RegExp, values = texts.length): void {
  assert.throws(
    () => decodeBytes(bytes, [step], values * cellBytes),
    (error) => error instanceof DaqError && error.code === "format" && reason.test(error.message),
    String(reason),
  );
}

test("texts are their count, then each behind its length, and come back as cells with zeros behind them", () => {
  const cells = cellsOf(texts);
  const encoded = encodeBytes(cells, [step]);
  assert.deepEqual(Buffer.from(encoded), packed(texts));
  assert.deepEqual(decodeBytes(encoded, [step], cells.byteLength), cells);
});

test("no text, one text and full cells fit into the memory that was planned, also behind each compression", () => {
  const pipelines: readonly (readonly EncodeStep[])[] = [
    [step],
    [step, { codec: "zstd", level: 1 }],
    [step, { codec: "gzip", level: 1 }, { codec: "crc32c" }],
    [step, { codec: "blosc", inner: "lz4", shuffle: "byte", elementBytes: 1, level: 5 }],
  ];
  for (const steps of pipelines)
    for (const values of [[], ["x"], Array.from({ length: 5000 }, () => "ninebytes")]) {
      const cells = cellsOf(values);
      assert.deepEqual(decodeBytes(encodeBytes(cells, steps), steps, cells.byteLength), cells);
    }
});

test("what is left of an earlier call in the memory does not get behind a shorter text", () => {
  const full = cellsOf(["ninebytes", "ninebytes"]);
  assert.deepEqual(decodeBytes(encodeBytes(full, [step]), [step], full.byteLength), full);
  const short = cellsOf(["a", ""]);
  assert.deepEqual(decodeBytes(packed(["a", ""]), [step], short.byteLength), short);
});

test("another count, a text that is too long or cut off, and bytes behind the last are damage", () => {
  const bytes = packed(texts);
  refused(bytes, /it has 6 texts, where 5 belong/, 5);
  refused(bytes, /it has 6 texts, where 7 belong/, 7);
  refused(bytes.subarray(0, 3), /it has no texts, where 6 belong/);
  refused(new Uint8Array(0), /it has no texts/);
  refused(packed(["a", "b", "ten bytes!", "", "", ""]), /Text 2 has 10 bytes, where 9 were announced/);
  refused(bytes.subarray(0, bytes.byteLength - 1), /The texts end within text 5/);
  refused(Buffer.concat([bytes, Buffer.from([0, 0])]), /2 bytes are behind its last text/);
  const endless = Buffer.from(bytes);
  endless.writeUInt32LE(2 ** 32 - 1, 4);
  refused(endless, /The texts end within text 0/);
});

test("whatever is changed in the bytes, decoding fails with a named error or gives cells", () => {
  const random = randomNumbers(11);
  const bytes = packed(texts);
  for (let round = 0; round < 3000; round++) {
    let changed = Uint8Array.from(bytes);
    for (let change = random(3); change >= 0; change--) changed[random(changed.byteLength)] = random(256);
    if (random(4) === 0) changed = changed.subarray(0, random(changed.byteLength));
    try {
      assert.equal(
        decodeBytes(changed, [step], texts.length * cellBytes).byteLength,
        texts.length * cellBytes,
      );
    } catch (error) {
      assert.ok(error instanceof DaqError && error.code === "format", String(error));
    }
  }
});

test("cells without a byte are refused", () => {
  for (const wrong of [0, 1.5, -1])
    assert.throws(
      () => encodeBytes(new Uint8Array(9), [{ codec: "vlen-utf8", cellBytes: wrong }]),
      (error) => error instanceof DaqError && /cells of 1 byte or more, not of/.test(error.message),
    );
});
