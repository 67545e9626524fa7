import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type { TypedArray } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import { LocalStore } from "../../stores/local/local-store.ts";
import { ArrayReader } from "./hierarchy/array-reader.ts";
import { countOf } from "./hierarchy/grid.ts";
import { readNode } from "./hierarchy/read-node.ts";
import type { ZarrArray } from "./hierarchy/zarr-array.ts";
import { type ArrayOptions, ZarrWriter } from "./index.ts";
import { inspectZarr } from "./inspect.ts";

const root = mkdtempSync(join(tmpdir(), "daq-zarr-writer-"));
after(() => rmSync(root, { recursive: true, force: true }));

let stores = 0;
function newPath(): string {
  stores++;
  return join(root, `${stores}.zarr`);
}

async function arrayAt(path: string, name: string): Promise<ZarrArray> {
  const node = await readNode(new LocalStore(path), name);
  assert.equal(node?.kind, "array");
  return (node as { array: ZarrArray }).array;
}

/** What a reader that knows nothing of the writer finds. */
async function read(path: string, name: string): Promise<TypedArray> {
  const array = await arrayAt(path, name);
  const { shape } = array.spec;
  return new ArrayReader(new LocalStore(path), array).readRegion(
    shape.map(() => 0),
    shape,
  );
}

async function ledgerOf(path: string, name: string): Promise<unknown> {
  const { attributes = {} } = (await arrayAt(path, name)).spec;
  return JSON.parse(String(attributes.daq_ledger));
}

const frames = {
  name: "frames",
  shape: [5, 7, 9],
  chunks: [2, 3, 4],
  dimensions: ["t", "y", "x"],
  dtype: "uint16",
} as const satisfies ArrayOptions;

function numbered(shape: readonly number[]): Uint16Array {
  return Uint16Array.from({ length: countOf(shape) }, (_unused, index) => index + 1);
}

function failsWith(code: string, message: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof DaqError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.ok(error.hint);
    return true;
  };
}

const layouts: readonly (readonly [string, 2 | 3, Partial<ArrayOptions>])[] = [
  ["version 2", 2, { compression: "none" }],
  ["version 2 with nested keys, compressed", 2, { separator: "/", compression: "gzip" }],
  ["version 3", 3, {}],
  ["version 3 with checksums", 3, { compression: "zstd", checksum: true }],
  ["version 3 with shards", 3, { shards: [4, 6, 4] }],
  ["version 3 with shards and checksums", 3, { shards: [2, 9, 12], compression: "none", checksum: true }],
];

describe("regions in any order", () => {
  for (const [name, zarrFormat, more] of layouts)
    test(`${name}: what was written last is what is read`, async () => {
      let state = 7;
      const random = (below: number): number => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
      };
      const path = newPath();
      const writer = await ZarrWriter.create(path, { zarrFormat });
      await writer.createArray({ ...frames, ...more });
      const { shape } = frames;
      const model = new Uint16Array(countOf(shape));
      for (let turn = 1; turn <= 60; turn++) {
        const offsets = shape.map((extent) => random(extent));
        const box = shape.map((extent, axis) => 1 + random(extent - offsets[axis]!));
        const data = new Uint16Array(countOf(box)).fill(turn);
        for (let t = 0; t < box[0]!; t++)
          for (let y = 0; y < box[1]!; y++) {
            const at = ((offsets[0]! + t) * shape[1] + offsets[1]! + y) * shape[2] + offsets[2]!;
            model.fill(turn, at, at + box[2]!);
          }
        await writer.writeRegion(frames.name, offsets, box, data);
        data.fill(9999); // No longer borrowed.
        if (turn % 20 === 0) await writer.flush();
      }
      await writer.close();
      assert.deepEqual(await read(path, frames.name), model);
    });

  test("frame by frame, several at a time, across the chunks", async () => {
    for (const [, zarrFormat, more] of layouts) {
      const path = newPath();
      const writer = await ZarrWriter.create(path, { zarrFormat });
      await writer.createArray({ ...frames, ...more });
      const [count, height, width] = frames.shape;
      const all = numbered(frames.shape);
      const pixels = height * width;
      await Promise.all(
        Array.from({ length: count }, (_unused, frame) =>
          writer.writeRegion(
            frames.name,
            [frame, 0, 0],
            [1, height, width],
            all.subarray(frame * pixels, (frame + 1) * pixels),
          ),
        ),
      );
      await writer.close();
      assert.deepEqual(await read(path, frames.name), all);
      assert.deepEqual(await ledgerOf(path, frames.name), {
        closed: true,
        chunks: 27,
        stored: 27,
        missing: 0,
        ranges: [],
        ...(zarrFormat === 2 ? { fillValue: "open" } : {}),
      });
    }
  });
});

test("a chunk at the edge is taken whole or clipped, and stored whole", async () => {
  for (const length of [24, 12]) {
    const path = newPath();
    const writer = await ZarrWriter.create(path);
    await writer.createArray({ ...frames, fillValue: 77, compression: "none" });
    await writer.writeChunk(frames.name, [2, 0, 0], new Uint16Array(length).fill(5));
    await writer.close();
    const bytes = readFileSync(join(path, "frames/c/2/0/0"));
    const stored = new Uint16Array(bytes.buffer, bytes.byteOffset, 24);
    assert.deepEqual([...stored], [...new Array(12).fill(5), ...new Array(12).fill(77)]);
  }
});

test("what was never written reads as the fill value, and the ledger says what is missing", async () => {
  for (const [, zarrFormat, more] of layouts) {
    const path = newPath();
    const writer = await ZarrWriter.create(path, { zarrFormat });
    await writer.createArray({ ...frames, ...more, fillValue: 65_535 });
    for (let chunk = 0; chunk < 9; chunk++)
      if (chunk !== 4)
        await writer.writeChunk(
          frames.name,
          [1, Math.floor(chunk / 3), chunk % 3],
          new Uint16Array(24).fill(chunk),
        );
    await writer.close();
    const values = await read(path, frames.name);
    assert.equal(values[0], 65_535);
    assert.equal(values[(2 * 7 + 3) * 9 + 4], 65_535);
    assert.equal(values[(2 * 7 + 6) * 9 + 8], 8);
    assert.deepEqual(await ledgerOf(path, frames.name), {
      closed: true,
      chunks: 27,
      stored: 8,
      missing: 19,
      ranges: [
        [0, 9],
        [13, 1],
        [18, 9],
      ],
    });
  }
});

test("in version 2 a fill value that nobody asked for is there only while something is missing", async () => {
  const path = newPath();
  const writer = await ZarrWriter.create(path, { zarrFormat: 2 });
  await writer.createArray({ ...frames, name: "full" });
  await writer.createArray({ ...frames, name: "part" });
  await writer.createArray({ ...frames, name: "asked", fillValue: 0 });
  const fill = (name: string): unknown =>
    JSON.parse(readFileSync(join(path, name, ".zarray"), "utf8")).fill_value;
  assert.equal(fill("full"), 0);
  for (const name of ["full", "asked"])
    await writer.writeRegion(name, [0, 0, 0], frames.shape, numbered(frames.shape));
  await writer.close();
  assert.deepEqual([fill("full"), fill("part"), fill("asked")], [null, 0, 0]);

  const again = await ZarrWriter.open(path);
  await again.writeRegion("part", [0, 0, 0], frames.shape, numbered(frames.shape));
  await again.close({ finish: true });
  assert.equal(fill("part"), null);
});

test("floats that were never written are NaN", async () => {
  const path = newPath();
  const writer = await ZarrWriter.create(path);
  await writer.createArray({ name: "power", shape: [3], chunks: [2], dimensions: ["t"], dtype: "float32" });
  await writer.writeChunk("power", [0], Float32Array.of(1, 2));
  await writer.close();
  assert.deepEqual([...(await read(path, "power"))], [1, 2, Number.NaN]);
});

test("bad input is refused with what was expected, and changes nothing", async () => {
  const path = newPath();
  const writer = await ZarrWriter.create(path);
  await writer.createArray(frames);
  const chunk = new Uint16Array(24);
  const bad: readonly (readonly [() => Promise<void>, RegExp])[] = [
    [() => writer.writeChunk("frames", [0, 0, 0], new Int16Array(24)), /holds uint16, but was given int16/],
    [() => writer.writeChunk("frames", [0, 0, 0], new Uint16Array(23)), /was given 23 values/],
    [() => writer.writeChunk("frames", [0, 0], chunk), /chunk indices were \[ 0, 0 \]/],
    [() => writer.writeChunk("frames", [3, 0, 0], chunk), /there is no chunk \[3, 0, 0\]/],
    [() => writer.writeChunk("frames", [-1, 0, 0], chunk), /chunk indices were/],
    [() => writer.writeChunk("frames", [0.5, 0, 0], chunk), /chunk indices were/],
    [() => writer.writeRegion("frames", [4, 0, 0], [2, 1, 1], new Uint16Array(2)), /is not within it/],
    [() => writer.writeRegion("frames", [0, 0, 0], [2, 1, 1], new Uint16Array(3)), /was given 3 values/],
    [() => writer.writeRegion("frames", [0, 0, 0], [2, 1], new Uint16Array(2)), /region's shape/],
    [() => writer.createArray({ ...frames, name: "a", chunks: [2, 3] }), /chunk shape has 2 entries/],
    [() => writer.createArray({ ...frames, name: "a", chunks: [2, 0, 4] }), /chunk shape is/],
    [() => writer.createArray({ ...frames, name: "a", shards: [3, 3, 4] }), /not whole chunks/],
    [
      () => writer.createArray({ ...frames, name: "a", dimensions: ["t", "y", "y"] }),
      /dimensions are called/,
    ],
    [() => writer.createArray({ ...frames, name: "a", dtype: "uint12" as "uint16" }), /no dtype/],
    [() => writer.createArray({ ...frames, name: "a", fillValue: 70_000 }), /70000 is not a value of uint16/],
    [() => writer.createArray({ ...frames, name: "a", fillValue: 1.5 }), /1.5 is not a value of uint16/],
    [
      () => writer.createArray({ ...frames, name: "a", compression: "lzma" as "gzip" }),
      /no compression "lzma"/,
    ],
    [
      () => writer.createArray({ ...frames, name: "a", compression: { codec: "gzip", level: 11 } }),
      /gzip has no level 11/,
    ],
    [
      () => writer.createArray({ ...frames, name: "a", attributes: { daq_ledger: "x" } }),
      /is the writer's own/,
    ],
  ];
  for (const [writing, message] of bad) await assert.rejects(writing, failsWith("format", message));
  await assert.rejects(writer.writeChunk("other", [0], chunk), failsWith("path", /no array "other"/));
  await assert.rejects(writer.createArray(frames), failsWith("path", /exists already/));
  await assert.rejects(writer.createGroup("frames/more"), failsWith("path", /within the array/));
  await writer.close();
  assert.deepEqual(readdirSync(path).sort(), ["frames", "zarr.json"]);
  assert.deepEqual(readdirSync(join(path, "frames")), ["zarr.json"]);
  await assert.rejects(writer.writeChunk("frames", [0, 0, 0], chunk), failsWith("format", /is closed/));

  const older = await ZarrWriter.create(newPath(), { zarrFormat: 2 });
  await assert.rejects(
    older.createArray({ ...frames, shards: [2, 3, 4] }),
    failsWith("format", /version 2 has neither shards/),
  );
  await older.close();
});

test("names that leave the store, or are its own, are refused", async () => {
  const writer = await ZarrWriter.create(newPath());
  for (const name of [
    "",
    "..",
    "../x",
    "a/../../x",
    "/x",
    "x/",
    "a//b",
    ".",
    ".zattrs",
    "a/zarr.json",
    "__x",
    "a\\b",
    "a\0",
  ])
    for (const making of [() => writer.createGroup(name), () => writer.createArray({ ...frames, name })])
      await assert.rejects(making, failsWith("path", /cannot be the name/), JSON.stringify(name));
  await writer.close();
});

test("create takes no place where something is, and open none where nothing is", async () => {
  const path = newPath();
  await assert.rejects(ZarrWriter.open(path), failsWith("path", /There is no Zarr group/));
  await (await ZarrWriter.create(path)).close();
  await assert.rejects(ZarrWriter.create(path), failsWith("path", /is not empty/));
  const used = mkdtempSync(join(root, "used-"));
  writeFileSync(join(used, "notes.txt"), "mine");
  await assert.rejects(ZarrWriter.create(used), failsWith("path", /is not empty/));
  assert.deepEqual(readdirSync(used), ["notes.txt"]);
});

test("groups, coordinates and attributes are in the documents and in the consolidated one", async () => {
  for (const zarrFormat of [2, 3] as const) {
    const path = newPath();
    await using writer = await ZarrWriter.create(path, { zarrFormat, attributes: { sample: "GaAs" } });
    await writer.createGroup("scan", { operator: "Ada" });
    await writer.createArray({ ...frames, name: "scan/camera/frames", unit: "counts" });
    await writer.createCoordinate({
      name: "scan/camera/t",
      values: Float64Array.of(0, 1, 2, 3, 4),
      unit: "s",
    });
    await writer.setAttributes("", { finished: true });
    await writer.setAttributes("scan", { temperature: 4.2 });
    await writer.setAttributes("scan/camera/frames", { gain: 2 });
    await writer.close();
    const store = new LocalStore(path);
    const groups = await Promise.all(["", "scan", "scan/camera"].map((name) => readNode(store, name)));
    assert.deepEqual(
      groups.map((node) => (node?.kind === "group" ? node.attributes : node?.kind)),
      [{ sample: "GaAs", finished: true }, { operator: "Ada", temperature: 4.2 }, {}],
    );
    const { spec } = await arrayAt(path, "scan/camera/frames");
    assert.equal(spec.attributes?.units, "counts");
    assert.equal(spec.attributes?.gain, 2);
    assert.deepEqual(spec.dimensions, ["t", "y", "x"]);
    const consolidated = JSON.parse(
      readFileSync(join(path, zarrFormat === 3 ? "zarr.json" : ".zmetadata"), "utf8"),
    );
    const { metadata } = zarrFormat === 3 ? consolidated.consolidated_metadata : consolidated;
    assert.deepEqual(
      Object.keys(metadata),
      zarrFormat === 3
        ? ["scan", "scan/camera", "scan/camera/frames", "scan/camera/t"]
        : [
            ".zattrs",
            ".zgroup",
            "scan/.zattrs",
            "scan/.zgroup",
            "scan/camera/.zattrs",
            "scan/camera/.zgroup",
            "scan/camera/frames/.zarray",
            "scan/camera/frames/.zattrs",
            "scan/camera/t/.zarray",
            "scan/camera/t/.zattrs",
          ],
    );
    assert.deepEqual([...(await read(path, "scan/camera/t"))], [0, 1, 2, 3, 4]);
  }
});

test("after a node is added to what was closed, no reader is told that it is not there", async () => {
  for (const zarrFormat of [2, 3] as const) {
    const path = newPath();
    const first = await ZarrWriter.create(path, { zarrFormat });
    await first.createArray(frames);
    await first.close();
    const second = await ZarrWriter.open(path);
    await second.createArray({ ...frames, name: "later" });
    await second.close();
    if (zarrFormat === 2) assert.ok(!readdirSync(path).includes(".zmetadata"));
    else assert.ok(!("consolidated_metadata" in JSON.parse(readFileSync(join(path, "zarr.json"), "utf8"))));
  }
});

test("an array of another program that is not known here gets attributes, and is otherwise left as it is", async () => {
  for (const zarrFormat of [2, 3] as const) {
    const path = newPath();
    await (await ZarrWriter.create(path, { zarrFormat })).close();
    const name = zarrFormat === 3 ? "zarr.json" : ".zarray";
    const foreign =
      zarrFormat === 3
        ? {
            zarr_format: 3,
            node_type: "array",
            codecs: [{ name: "unknown" }],
            attributes: { a: 1 },
            more: [2 ** 60],
          }
        : { zarr_format: 2, dtype: "<M8[ns]", filters: [{ id: "delta" }] };
    mkdirSync(join(path, "theirs"));
    writeFileSync(join(path, "theirs", name), JSON.stringify(foreign));
    const writer = await ZarrWriter.open(path);
    await writer.setAttributes("theirs", { b: 2 });
    await writer.close({ finish: true });
    const read = (file: string): Record<string, unknown> =>
      JSON.parse(readFileSync(join(path, "theirs", file), "utf8"));
    if (zarrFormat === 3) assert.deepEqual(read(name), { ...foreign, attributes: { a: 1, b: 2 } });
    else assert.deepEqual([read(name), read(".zattrs")], [foreign, { b: 2 }]);
    const opened = await ZarrWriter.open(path);
    await assert.rejects(opened.writeChunk("theirs", [0], new Uint16Array(1)), failsWith("format", /theirs/));
    await opened.close();
  }
});

test("inspect says of each array of a scan how much of it is there", async () => {
  const path = newPath();
  const writer = await ZarrWriter.create(path);
  await writer.createArray({ ...frames, name: "part" });
  await writer.createArray({ ...frames, name: "scan/full" });
  await writer.writeRegion("scan/full", [0, 0, 0], frames.shape, numbered(frames.shape));
  await writer.writeChunk("part", [0, 0, 0], new Uint16Array(24));
  await writer.flush();
  const open = await inspectZarr(path);
  assert.ok(open.notes.some((note) => /^part: its writer was not closed/.test(note)));
  await writer.close();
  const closed = await inspectZarr(path);
  assert.deepEqual(closed.notes.slice(1), [
    "part: 1 of 27 chunks are stored; the others read as the fill value.",
    "scan/full: of 27 chunks none is missing.",
  ]);
});

test("a chunk that cannot be stored makes the calls after it and close reject, and leaves no account", async () => {
  for (const shards of [undefined, [4, 6, 4]]) {
    const store = new LocalStore(newPath());
    const failing = Object.assign(Object.create(store) as LocalStore, {
      url: store.url,
      put: async (key: string, pieces: readonly Uint8Array[]) => {
        if (key.includes("/c/")) throw new DaqError("disk-full", "The disk is full.");
        await LocalStore.prototype.put.call(store, key, pieces);
      },
      beginMultipart: async () => {
        throw new DaqError("disk-full", "The disk is full.");
      },
      ...Object.fromEntries(
        (["get", "getRange", "stat", "putIfAbsent", "list", "delete", "close"] as const).map((name) => [
          name,
          (...args: never[]) => (store[name] as (...args: never[]) => unknown).apply(store, args),
        ]),
      ),
    });
    const writer = await ZarrWriter.create(failing);
    await writer.createArray({ ...frames, ...(shards === undefined ? {} : { shards }) });
    const write = (): Promise<void> => writer.writeChunk("frames", [0, 0, 0], new Uint16Array(24));
    await assert.rejects(async () => {
      await write();
      await writer.flush();
    }, /disk is full/);
    await assert.rejects(write(), /disk is full/);
    await assert.rejects(writer.close(), /disk is full/);
    const node = await readNode(store, "frames");
    assert.ok(node?.kind === "array");
    assert.equal(node.array.spec.attributes?.daq_ledger, '{"closed":false}');
  }
});

test("arrays without dimensions and without elements are written too", async () => {
  for (const zarrFormat of [2, 3] as const) {
    const path = newPath();
    const writer = await ZarrWriter.create(path, { zarrFormat });
    await writer.createArray({ name: "scalar", shape: [], chunks: [], dimensions: [], dtype: "int64" });
    await writer.createArray({
      name: "none",
      shape: [0, 4],
      chunks: [2, 4],
      dimensions: ["t", "x"],
      dtype: "int8",
    });
    await writer.writeChunk("scalar", [], BigInt64Array.of(-(2n ** 62n)));
    await writer.writeRegion("none", [0, 0], [0, 4], new Int8Array(0));
    await writer.close();
    assert.deepEqual(await read(path, "scalar"), BigInt64Array.of(-(2n ** 62n)));
    assert.equal((await read(path, "none")).length, 0);
  }
});
