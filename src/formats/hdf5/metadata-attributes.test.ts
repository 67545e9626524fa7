import assert from "node:assert/strict";
import { test } from "node:test";
import type { Metadata } from "../../model/metadata.ts";
import { sampleRun } from "../../testing/format-contract/sample-streams.ts";
import { floatType } from "./file/datatype.ts";
import { attributeValue, metadataAttributes, rootAttributes } from "./metadata-attributes.ts";

const rootOf = (experiment: Metadata) => ({ ...rootAttributes({ ...sampleRun, experiment }) });

test("texts, numbers and booleans keep their types", () => {
  for (const value of ["", "Ω", 1, 0.5, -0, Number.NaN, Number.NEGATIVE_INFINITY, true, 2n ** 63n])
    assert.ok(Object.is(attributeValue(value), value), String(value));
});

test("a list of one type stays a list, and whole numbers of both kinds become one", () => {
  assert.deepEqual(attributeValue([1, 2.5, Number.NaN]), [1, 2.5, Number.NaN]);
  assert.deepEqual(attributeValue(["a", ""]), ["a", ""]);
  assert.deepEqual(attributeValue([true, false]), [true, false]);
  assert.deepEqual(attributeValue([1, 2n ** 62n]), [1n, 2n ** 62n]);
});

test("what has no type in an attribute becomes JSON text, with all of its digits", () => {
  assert.equal(attributeValue({ a: { b: [1, "x"] } }), '{"a":{"b":[1,"x"]}}');
  assert.equal(attributeValue([]), "[]");
  assert.equal(attributeValue({}), "{}");
  assert.equal(attributeValue([1, "a", true]), '[1,"a",true]');
  assert.equal(attributeValue([[1], [2]]), "[[1],[2]]");
  assert.equal(attributeValue([0.5, 2n ** 63n]), "[0.5,9223372036854775808]");
  assert.equal(attributeValue([-1n, 2n ** 63n]), "[-1,9223372036854775808]");
  assert.equal(attributeValue({ seed: 2n ** 60n + 1n }), '{"seed":1152921504606846977}');
});

test("an integer that no type holds becomes text, and so does a text with NUL in it", () => {
  assert.equal(attributeValue(2n ** 64n), "18446744073709551616");
  assert.equal(attributeValue(-(2n ** 63n) - 1n), "-9223372036854775809");
  assert.equal(attributeValue("a\0b"), '"a\\u0000b"');
  assert.equal(attributeValue(["a\0b"]), '["a\\u0000b"]');
});

test("long texts and long lists are set apart; the limit is in bytes, not letters", () => {
  const { attributes, large } = metadataAttributes({
    fits: "x".repeat(32_000),
    long: "x".repeat(32_001),
    umlauts: "ü".repeat(16_001),
    list: new Array(4001).fill(0.5),
    short_list: new Array(4000).fill(0.5),
    texts: new Array(2000).fill("a"),
    nested: { text: "y".repeat(32_000) },
  });
  assert.deepEqual(Object.keys(attributes), ["fits", "short_list"]);
  assert.deepEqual(Object.keys(large), ["long", "umlauts", "list", "texts", "nested"]);
  assert.equal(large.long, "x".repeat(32_001));
  assert.deepEqual(JSON.parse(large.list!), new Array(4001).fill(0.5));
});

test("keys that are properties of every JavaScript object are keys like others", () => {
  const metadata = JSON.parse('{"__proto__": "p", "constructor": "c", "toString": "t"}') as Metadata;
  assert.deepEqual(
    Object.entries(metadataAttributes(metadata).attributes),
    Object.entries({ ["__proto__"]: "p", constructor: "c", toString: "t" }),
  );
  assert.equal(Object.entries(rootAttributes({ ...sampleRun, experiment: metadata })).length, 5 + 3);
});

test("the root has what the guide asks for, and every key of [experiment]", () => {
  const root = rootOf({ name: "scan", date: "1999-12-31", instrument: "Prime BSI Camera", count: 3 });
  assert.equal(root.experiment, "scan");
  assert.equal(root.name, "scan");
  assert.equal(root.date, "1999-12-31");
  assert.equal(root.instrument, "Prime BSI Camera");
  assert.equal(root.count, 3);
  assert.match(String(rootOf({}).date), /^2025-11-2[345]$/);
  assert.equal(rootOf({}).experiment, undefined);
});

test("a key on which readers act, or which the writer has taken, stands behind experiment. at the root", () => {
  const reserved = [
    "NX_class",
    "default",
    "creator",
    "file_name",
    "file_time",
    "HDF5_Version",
    "NeXus_version",
    "_NCProperties",
  ];
  const root = rootOf({
    name: "scan",
    experiment: "mine",
    ...Object.fromEntries(reserved.map((key) => [key, `my ${key}`])),
  });
  for (const key of reserved) assert.equal(root[`experiment.${key}`], `my ${key}`);
  assert.deepEqual([root.NX_class, root.default], ["NXroot", "entry"]);
  assert.deepEqual([root.experiment, root["experiment.experiment"]], ["scan", "mine"]);
  for (const key of ["file_name", "HDF5_Version", "NeXus_version", "_NCProperties"])
    assert.equal(root[key], undefined);
});

test("a float whose value is whole stays a float, alone and in a list", () => {
  const experiment = { gain: 2, list: [1, 2], half: 0.5, count: 3 };
  const root = rootAttributes({ ...sampleRun, experiment, floats: ["gain", "list"] });
  const { attributes } = metadataAttributes(experiment, ["gain", "list"]);
  for (const found of [root, attributes]) {
    const gain = found.gain as {
      readonly datatype: unknown;
      readonly dims: readonly number[];
      data: Uint8Array;
    };
    assert.deepEqual([gain.dims, gain.datatype], [[], floatType(8)]);
    assert.deepEqual(new Float64Array(gain.data.buffer), Float64Array.of(2));
    assert.deepEqual(found.list, Float64Array.of(1, 2));
    assert.equal(found.half, 0.5);
    assert.equal(found.count, 3);
  }
});
