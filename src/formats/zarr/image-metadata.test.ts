import assert from "node:assert/strict";
import { test } from "node:test";
import { typedView } from "../../model/dtype.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { LocalStore } from "../../stores/local/local-store.ts";
import { targetIn, temporaryFolder } from "../../testing/format-contract/recording.ts";
import { gauges, ledgerOf } from "../../testing/format-contract/sample-streams.ts";
import { zarrFormat } from "./format.ts";
import { halvedShape, halveImage } from "./halve-image.ts";
import { ArrayReader } from "./hierarchy/array-reader.ts";
import { readNode } from "./hierarchy/read-node.ts";
import type { ZarrArray } from "./hierarchy/zarr-array.ts";

function cameraOf(shape: readonly number[], dims: readonly string[], rateHz?: number): StreamSchema {
  return {
    name: "camera0",
    kind: "array",
    columns: [{ name: "frame", dtype: "uint16", shape, dims }],
    source: "test",
    clock: "device",
    ...(rateHz === undefined ? {} : { rateHz }),
  };
}

type Axis = { readonly name: string; readonly type: string; readonly unit?: string };
type Transformation = { readonly type: string; readonly scale?: number[]; readonly translation?: number[] };
type Multiscale = {
  readonly axes: readonly Axis[];
  readonly datasets: readonly {
    readonly path: string;
    readonly coordinateTransformations: readonly Transformation[];
  }[];
};

async function recordFrames(
  streams: readonly StreamSchema[],
  path: string,
  folder: string,
  pyramid: boolean,
) {
  const target = {
    ...targetIn(folder, zarrFormat, streams, {
      compression: "zstd",
      durability: "process",
      zarr: { pyramid },
    }),
    path,
  };
  const writer = await zarrFormat.create(target);
  const [camera] = streams;
  const { shape } = camera!.columns[0]!;
  const elements = shape.reduce((product, extent) => product * extent, 1);
  for (let number = 0; number < 3; number++) {
    const frame = Uint16Array.from({ length: elements }, (_, at) => at * 7 + number * 31);
    await writer.append({
      stream: camera!,
      count: 1,
      timestampsNs: BigInt64Array.of(BigInt(number)),
      sequences: BigInt64Array.of(BigInt(number)),
      columns: [{ bytes: new Uint8Array(frame.buffer) }],
    });
  }
  await writer.close(
    ledgerOf(streams.map((schema, at) => ({ schema, stored: at === 0 ? 3 : 0, ranges: [] }))),
  );
}

/** The rules that the specification of OME-NGFF 0.5 has for multiscale images, one after the other. */
async function checkImage(path: string, group: string): Promise<Multiscale> {
  const store = new LocalStore(path);
  const node = await readNode(store, group);
  assert.ok(node?.kind === "group" && node.format === 3, "version 0.5 is that of Zarr 3");
  const { version, multiscales } = node.attributes.ome as unknown as {
    readonly version: string;
    readonly multiscales: readonly Multiscale[];
  };
  assert.equal(version, "0.5");
  assert.equal(multiscales.length, 1);
  const { axes, datasets } = multiscales[0]!;
  assert.ok(axes.length >= 2 && axes.length <= 5);
  assert.equal(new Set(axes.map(({ name }) => name)).size, axes.length, "names of axes are unique");
  const count = (type: string) => axes.filter((axis) => axis.type === type).length;
  assert.ok(count("space") === 2 || count("space") === 3);
  assert.ok(count("time") <= 1 && count("channel") <= 1);
  const order = axes.map(({ type }) => ["time", "channel", "space"].indexOf(type));
  assert.deepEqual(order, order.toSorted(), "time before channels before space");
  let before: readonly number[] | undefined;
  for (const { path: name, coordinateTransformations } of datasets) {
    const array = await readNode(store, group === "" ? name : `${group}/${name}`);
    assert.ok(array?.kind === "array", name);
    const { shape, dimensions } = array.array.spec;
    assert.deepEqual(
      dimensions,
      axes.map((axis) => axis.name),
    );
    assert.ok(
      before?.every((extent, axis) => extent >= shape[axis]!) ?? true,
      "from the largest to the smallest",
    );
    before = shape;
    const [scale, translation, ...others] = coordinateTransformations;
    assert.deepEqual([scale!.type, scale!.scale!.length, others.length], ["scale", axes.length, 0]);
    assert.ok(scale!.scale!.every(Number.isFinite));
    if (translation !== undefined)
      assert.deepEqual([translation.type, translation.translation!.length], ["translation", axes.length]);
  }
  return multiscales[0]!;
}

async function frameOf(
  path: string,
  array: string,
  number: number,
): Promise<{ array: ZarrArray; bytes: Uint8Array }> {
  const store = new LocalStore(path);
  const node = await readNode(store, array);
  assert.ok(node?.kind === "array");
  const [, ...shape] = node.array.spec.shape;
  const values = await new ArrayReader(store, node.array).readRegion(
    [number, ...shape.map(() => 0)],
    [1, ...shape],
  );
  return { array: node.array, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

test("a camera's images are described by OME-NGFF 0.5: alone at the root, beside others in their group", async () => {
  await using folder = await temporaryFolder();
  const alone = `${folder.path}/alone.zarr`;
  const camera = cameraOf([6, 8], ["y", "x"], 25);
  await recordFrames([camera], alone, folder.path, false);
  const { axes, datasets } = await checkImage(alone, "");
  assert.deepEqual(axes, [
    { name: "timestamps", type: "time", unit: "second" },
    { name: "y", type: "space" },
    { name: "x", type: "space" },
  ]);
  assert.deepEqual(datasets, [
    { path: "frame", coordinateTransformations: [{ type: "scale", scale: [1 / 25, 1, 1] }] },
  ]);
  const beside = `${folder.path}/beside.zarr`;
  await recordFrames([camera, gauges], beside, folder.path, false);
  await checkImage(beside, "camera0");
});

test("colours are channels, volumes have three axes of space, and what is no image has no such metadata", async () => {
  await using folder = await temporaryFolder();
  const types: Record<string, readonly string[]> = {};
  for (const dims of [
    ["channel", "y", "x"],
    ["z", "y", "x"],
  ]) {
    const path = `${folder.path}/${dims[0]}.zarr`;
    await recordFrames([cameraOf([3, 4, 5], dims)], path, folder.path, false);
    types[dims[0]!] = (await checkImage(path, "")).axes.map(({ type }) => type);
  }
  assert.deepEqual(types, {
    channel: ["time", "channel", "space", "space"],
    z: ["time", "space", "space", "space"],
  });
  const path = `${folder.path}/line.zarr`;
  await recordFrames([cameraOf([16], ["wavelength"])], path, folder.path, false);
  const node = await readNode(new LocalStore(path), "");
  assert.ok(node?.kind === "group");
  assert.equal("ome" in node.attributes, false);
});

test("a pyramid has each image at a half and a quarter of its size, each pixel the mean of four", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/pyramid.zarr`;
  const shape = [301, 1000];
  await recordFrames([cameraOf(shape, ["y", "x"])], path, folder.path, true);
  const { datasets } = await checkImage(path, "");
  assert.deepEqual(
    datasets.map((dataset) => dataset.path),
    ["frame", "level_1/frame", "level_2/frame"],
  );
  assert.deepEqual(datasets[2]!.coordinateTransformations, [
    { type: "scale", scale: [1, 4, 4] },
    { type: "translation", translation: [0, 1.5, 1.5] },
  ]);
  for (const number of [0, 2]) {
    let { bytes } = await frameOf(path, "frame", number);
    let size: readonly number[] = shape;
    for (const level of [1, 2]) {
      bytes = halveImage("uint16", bytes, size);
      size = halvedShape(size);
      const found = await frameOf(path, `level_${level}/frame`, number);
      assert.deepEqual(found.array.spec.shape, [3, ...size]);
      assert.deepEqual(found.bytes, bytes);
    }
  }
});

test("halving rounds the mean of integers to the nearest, and takes what there is at an odd edge", () => {
  const halved = (
    values: Uint8Array | Int16Array | Float32Array | BigInt64Array,
    dtype: Parameters<typeof halveImage>[0],
  ) => [...typedView(dtype, halveImage(dtype, new Uint8Array(values.buffer), [3, 3]))];
  assert.deepEqual(halved(Uint8Array.of(255, 255, 10, 255, 254, 13, 1, 2, 77), "uint8"), [255, 12, 2, 77]);
  assert.deepEqual(halved(Int16Array.of(-1, -1, 5, -1, -2, 5, -3, -3, -9), "int16"), [-1, 5, -3, -9]);
  assert.deepEqual(halved(Float32Array.of(1, 2, 0, 3, 4, 0, 1, 0, NaN), "float32"), [2.5, 0, 0.5, NaN]);
  const large = 2n ** 60n;
  assert.deepEqual(halved(BigInt64Array.of(large, large, 1n, large, large, 1n, -1n, -1n, -7n), "int64"), [
    large,
    1n,
    -1n,
    -7n,
  ]);
});
