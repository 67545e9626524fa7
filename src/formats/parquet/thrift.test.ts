import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeThrift } from "./thrift-reader.ts";
import { encodeThrift, type ThriftStruct } from "./thrift-writer.ts";

test("a struct is the bytes that Thrift's compact protocol says", () => {
  const struct: ThriftStruct = [
    [1, { i32: -1 }],
    [2, { binary: "ab" }],
    [4, undefined],
    [5, { bool: true }],
    [40, { i64: 300 }],
    [41, { list: [{ bool: true }, { bool: false }] }],
    [42, { struct: [[1, { i8: -2 }]] }],
  ];
  assert.deepEqual(
    [...encodeThrift(struct)],
    [
      0x15, 0x01, 0x18, 0x02, 0x61, 0x62, 0x31, 0x06, 0x50, 0xd8, 0x04, 0x19, 0x21, 0x01, 0x02, 0x1c, 0x13,
      0xfe, 0x00, 0x00,
    ],
  );
});

test("what is written is read, the largest numbers and long lists included", () => {
  const numbers = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)];
  const large = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, 0n];
  const bytes = encodeThrift([
    [1, { list: numbers.map((i32) => ({ i32 })) }],
    [2, { list: large.map((i64) => ({ i64 })) }],
    [3, { list: Array.from({ length: 300 }, (_, at) => ({ i32: at })) }],
    [4, { raw: encodeThrift([[1, { binary: Uint8Array.of(1, 2) }]]) }],
    [5, { bool: false }],
  ]);
  const { fields, length } = decodeThrift(bytes);
  assert.equal(length, bytes.byteLength);
  assert.deepEqual(fields.get(1), numbers);
  assert.deepEqual(fields.get(2), large);
  assert.equal((fields.get(3) as readonly number[])[299], 299);
  assert.deepEqual(fields.get(4), new Map([[1, Uint8Array.of(1, 2)]]));
  assert.equal(fields.get(5), false);
});

test("damaged bytes are a RangeError, and no length is believed", () => {
  const whole = encodeThrift([
    [1, { list: [{ struct: [[1, { i64: 5 }]] }] }],
    [2, { binary: "text" }],
  ]);
  for (let cut = 0; cut < whole.byteLength; cut++)
    assert.throws(() => decodeThrift(whole.subarray(0, cut)), RangeError, `cut at ${cut}`);
  // A list of two billion, a text of two billion, and structures without end.
  for (const bytes of [
    [0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07],
    [0x18, 0xff, 0xff, 0xff, 0xff, 0x07],
    Array.from({ length: 1000 }, () => 0x1c),
    [0x1f, 0x00],
  ])
    assert.throws(() => decodeThrift(Uint8Array.from(bytes)), RangeError);
});
