import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DaqError } from "../../model/errors.ts";
import { temporaryFolder } from "../../testing/format-contract/recording.ts";
import { checkAttributes } from "./check-attributes.ts";
import type { Attributes } from "./hierarchy/attributes.ts";
import { type ArrayOptions, ZarrWriter } from "./index.ts";

const good = {
  name: "a",
  shape: [4, 6],
  chunks: [2, 3],
  dimensions: ["y", "x"],
  dtype: "uint16",
} as const satisfies ArrayOptions;

/** What a program without types may do. */
function untyped<Value>(value: unknown): Value {
  return value as Value;
}

async function refused(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof DaqError, `${(error as Error).stack}`);
    assert.ok(error.hint, error.message);
    return `${error.message} ${error.hint}`;
  }
  return assert.fail(`${call} was not refused`);
}

test("attributes that JSON cannot hold are refused with their place, at any depth and in a circle", async () => {
  const circle: { here?: unknown } = {};
  circle.here = { list: [1, circle] };
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level++) deep = [deep];
  const shared = { nm: 1 };
  checkAttributes("a", { one: shared, two: [shared, shared], none: null, many: 2n ** 60n, odd: Number.NaN });
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [circle, /"a": its attribute here\.list\[1\] is one of the objects that it is in/],
    [{ deep }, /attribute deep\[0\]\[0\].* more than 100 levels deep/],
    [{ camera: { gain: undefined } }, /attribute camera\.gain has no value/],
    [{ list: [1, () => 2] }, /attribute list\[1\] is \[Function/],
    [{ at: new Date(0) }, /attribute at is 1970.*toISOString/],
    [{ table: new Float64Array(3) }, /attribute table is Float64Array.*Array\.from/],
    [{ map: new Map() }, /attribute map is Map/],
    [[1, 2], /its attributes are \[ 1, 2 \]/],
    [null, /its attributes are null/],
    ["text", /its attributes are "text"/],
    [{ daq_ledger: "{}" }, /"daq_ledger" is the writer's own/],
  ];
  await using folder = await temporaryFolder();
  const writer = await ZarrWriter.create(join(folder.path, "store.zarr"));
  await writer.createArray(good);
  for (const [attributes, expected] of cases) {
    const given = attributes as Attributes;
    assert.match(await refused(() => writer.setAttributes("a", given)), expected);
    assert.match(await refused(() => checkAttributes("a", given)), expected);
    await refused(() => writer.createGroup("group", given));
    await refused(() => writer.createArray({ ...good, name: "b", attributes: given }));
  }
  await refused(() => ZarrWriter.create(join(folder.path, "other.zarr"), { attributes: untyped(circle) }));
  await writer.close();
  assert.deepEqual(readdirSync(folder.path), ["store.zarr"]);
  assert.deepEqual(readdirSync(join(folder.path, "store.zarr")).toSorted(), ["a", "zarr.json"]);
});

test("wrong arguments are refused with what was given and what is possible, and leave nothing behind", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "store.zarr");
  const writer = await ZarrWriter.create(path);
  await writer.createArray(good);
  const cases: readonly (readonly [keyof ArrayOptions | "fill_value", unknown, RegExp])[] = [
    ["dtype", "u2", /no dtype "u2".*int8, int16.*float64/],
    ["dtype", Number.NaN, /no dtype NaN/],
    ["shape", [4, Number.NaN], /shape is \[ 4, NaN \]/],
    ["shape", [4, 6n], /shape is \[ 4, 6n \]/],
    ["shape", undefined, /shape is undefined/],
    ["chunks", "23", /chunks is "23"/],
    ["dimensions", "yx", /dimensions is "yx"/],
    ["dimensions", ["y", undefined], /dimensions are called \[ 'y', undefined \]/],
    ["shards", null, /shards is null/],
    ["unit", 5, /unit is 5/],
    ["attributes", { units: "V" }, /its unit is "mm".*"units" is "V"/],
    ["fillValue", Number.NaN, /fill value NaN is not a value of uint16/],
    ["fillValue", "0", /fill value "0" is not/],
    ["fillValue", true, /fill value true is not/],
    ["fillValue", {}, /fill value \{\} is not/],
    ["compression", null, /no compression null.*none, gzip, zstd, blosc/],
    ["compression", { codec: Symbol("x") }, /no compression Symbol\(x\)/],
    ["checksum", "yes", /checksum is "yes"/],
    ["separator", "-", /separator is "-"/],
    ["fill_value", 7, /no option "fill_value".*fillValue/],
  ];
  for (const [option, value, expected] of cases)
    assert.match(
      await refused(() => writer.createArray(untyped({ ...good, name: "b", unit: "mm", [option]: value }))),
      expected,
    );
  const data = new Uint16Array(6);
  const transferred = new Uint16Array(6);
  structuredClone(transferred.buffer, { transfer: [transferred.buffer] });
  const calls: readonly (readonly [() => unknown, RegExp])[] = [
    [() => ZarrWriter.create(untyped(undefined)), /was given undefined as its place/],
    [() => ZarrWriter.create(untyped(new URL("file:///tmp/x"))), /as its place.*as text/],
    [() => ZarrWriter.open(untyped({})), /was given \{\} as its place/],
    [() => ZarrWriter.create(path, untyped(null)), /was given null as its options/],
    [() => ZarrWriter.create(path, untyped({ zarrformat: 2 })), /no option "zarrformat".*zarrFormat/],
    [() => ZarrWriter.create(path, untyped({ zarrFormat: "3" })), /no version "3"/],
    [() => ZarrWriter.open(path, untyped({ durability: "disk" })), /no durability "disk"/],
    [() => writer.createArray(untyped(null)), /was given null as its options/],
    [
      () => writer.createCoordinate(untyped({ values: new Float64Array(2) })),
      /"undefined" cannot be the name/,
    ],
    [() => writer.writeChunk("a", untyped(undefined), data), /chunk indices were undefined/],
    [() => writer.writeChunk("a", untyped([0n, 0n]), data), /chunk indices were \[ 0n, 0n \]/],
    [() => writer.writeChunk("a", [0, 0], untyped(Object.create(null))), /holds uint16, but was given/],
    [() => writer.writeChunk("a", [0, 0], transferred), /memory was transferred away/],
    [() => writer.writeRegion("a", [0, 0], untyped(undefined), data), /region's shape were undefined/],
    [() => writer.close(untyped({ finish: "yes" })), /finish is "yes"/],
    [() => writer.close(untyped(null)), /was given null as its options/],
  ];
  for (const [call, expected] of calls) assert.match(await refused(call), expected);
  await writer.writeChunk("a", [0, 0], data);
  await writer.close();
  assert.deepEqual(readdirSync(path).toSorted(), ["a", "zarr.json"]);
});
