import assert from "node:assert/strict";
import { test } from "node:test";
import {
  longestNumberBytes,
  writeFloat32,
  writeFloat64,
  writeInt64,
  writeInteger,
  writeUint64,
} from "./encode-number.ts";

const bytes = new Uint8Array(64);

function written(write: (at: number) => number): string {
  bytes.fill(0x23);
  const end = write(3);
  assert.equal(bytes[end], 0x23, "nothing is written behind the number");
  assert.ok(end - 3 <= longestNumberBytes, "no number is longer than what the encoder makes room for");
  return Buffer.from(bytes.subarray(3, end)).toString();
}

function halves(value: bigint): [low: number, high: number] {
  const bits = BigInt.asUintN(64, value);
  return [Number(bits & 0xffffffffn), Number(bits >> 32n)];
}

/** Every bit pattern is as likely, and so is every length. */
function* randomBits(count: number): Generator<bigint> {
  let state = 88172645463325252n;
  for (let i = 0; i < count; i++) {
    state ^= BigInt.asUintN(64, state << 13n);
    state ^= state >> 7n;
    state ^= BigInt.asUintN(64, state << 17n);
    yield state >> BigInt(i % 64);
  }
}

test("writes 64-bit integers as BigInt does, of every length and at every power of ten", () => {
  const edges = Array.from({ length: 20 }, (_, i) => 10n ** BigInt(i)).flatMap((power) => [
    power - 1n,
    power,
    power + 1n,
  ]);
  const near32 = [2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n];
  for (const value of [...edges, ...near32, ...randomBits(20_000)]) {
    const unsigned = BigInt.asUintN(64, value);
    assert.equal(
      written((at) => writeUint64(bytes, at, ...halves(unsigned))),
      `${unsigned}`,
    );
    for (const signed of [BigInt.asIntN(64, value), BigInt.asIntN(64, -value)])
      assert.equal(
        written((at) => writeInt64(bytes, at, ...halves(signed))),
        `${signed}`,
      );
  }
});

test("writes smaller integers as Number does", () => {
  for (const value of [0, 9, 10, 99, 100, 999_999_999, 1_000_000_000, 2 ** 31, 2 ** 32 - 1, 2 ** 53 - 1])
    for (const signed of [value, -value])
      assert.equal(
        written((at) => writeInteger(bytes, at, signed)),
        String(signed === 0 ? 0 : signed),
      );
});

test("writes doubles so that they read back to the same bits, zero's sign included", () => {
  const view = new DataView(new ArrayBuffer(8));
  for (const bits of randomBits(50_000)) {
    view.setBigUint64(0, bits);
    const value = view.getFloat64(0);
    if (!Number.isFinite(value)) continue;
    assert.ok(Object.is(Number(written((at) => writeFloat64(bytes, at, value))), value));
  }
  for (const value of [-0, 5e-324, Number.MAX_VALUE, -0.0000012345678901234567, 1e21, 123456789012345680000])
    assert.ok(Object.is(Number(written((at) => writeFloat64(bytes, at, value))), value));
});

test("spells what is no number as XSD does", () => {
  for (const write of [writeFloat64, writeFloat32]) {
    assert.equal(
      written((at) => write(bytes, at, Number.NaN)),
      "NaN",
    );
    assert.equal(
      written((at) => write(bytes, at, Number.POSITIVE_INFINITY)),
      "INF",
    );
    assert.equal(
      written((at) => write(bytes, at, Number.NEGATIVE_INFINITY)),
      "-INF",
    );
    assert.equal(
      written((at) => write(bytes, at, 0)),
      "0",
    );
    assert.equal(
      written((at) => write(bytes, at, -0)),
      "-0.0",
    );
  }
});

test("writes float32 with the fewest digits that read back to the same float32", () => {
  const view = new DataView(new ArrayBuffer(4));
  const significant = (text: string) =>
    text.replace(/e.*$/, "").replace(/[-.]/g, "").replace(/^0+/, "").replace(/0+$/, "").length;
  let checked = 0;
  for (const bits of randomBits(60_000)) {
    view.setUint32(0, Number(bits & 0xffffffffn));
    const scattered = view.getFloat32(0);
    const usual = Math.fround(
      ((Number(bits & 0xffffffn) - 2 ** 23) / 2 ** 23) * 10 ** (Number(bits & 7n) - 4),
    );
    for (const value of [scattered, usual]) {
      if (!Number.isFinite(value)) continue;
      const text = written((at) => writeFloat32(bytes, at, value));
      assert.ok(Object.is(Math.fround(Number(text)), value), `${value}: ${text}`);
      if (Number.isInteger(value)) continue;
      const fewer = significant(text) - 1;
      if (fewer > 0)
        assert.notEqual(Math.fround(Number(value.toPrecision(fewer))), value, `${value}: ${text}`);
      checked++;
    }
  }
  assert.ok(checked > 50_000);
  assert.equal(
    written((at) => writeFloat32(bytes, at, Math.fround(0.1))),
    "0.1",
  );
  assert.equal(
    written((at) => writeFloat32(bytes, at, 2 ** -149)),
    "1e-45",
  );
});
