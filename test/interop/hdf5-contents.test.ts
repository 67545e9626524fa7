import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { deflateSync } from "node:zlib";
import type { ByteSink } from "../../src/bytes/byte-sink.ts";
import { openFileSink } from "../../src/bytes/file-sink.ts";
import type { Attributes } from "../../src/formats/hdf5/file/attribute.ts";
import {
  arrayType,
  booleanType,
  compoundType,
  type Datatype,
  enumType,
  fixedStringType,
  floatType,
  integerType,
  vlenStringType,
} from "../../src/formats/hdf5/file/datatype.ts";
import { Hdf5File, type ReadAt } from "../../src/formats/hdf5/file/hdf5-file.ts";
import { imageAfter, RememberingSink } from "./remembering-sink.ts";

const python = process.env.PYTHON ?? "python3";
const script = join(import.meta.dirname, "hdf5_file.py");

/** A value as the script shows it: bytes in hexadecimal, texts as they are. */
type Shown = string | number | boolean | null | { readonly bytes: string } | readonly Shown[];

type ShownObject = {
  readonly attributes: { readonly [name: string]: readonly [type: string, shape: readonly number[], Shown] };
  readonly dtype?: string;
  readonly shape?: readonly number[];
  readonly chunks?: readonly number[] | null;
  readonly values?: Shown;
};

type ShownFile = { readonly [object: string]: ShownObject };

function show(path: string): ShownFile {
  const text = execFileSync(python, [script, "show", path], { encoding: "utf8", maxBuffer: 2 ** 28 });
  return (JSON.parse(text) as { [path: string]: ShownFile })[path]!;
}

function hasH5py(): boolean {
  const { error, stdout } = spawnSync(python, [script, "versions"], { encoding: "utf8" });
  return error === undefined && stdout.includes("h5py");
}

const skip = hasH5py() ? false : `${python} has no h5py; set PYTHON to one that has`;

/** Complaints of h5dump, which reads everything; none where it is not installed. */
function complaintsOf(path: string): string {
  const { error, status, stderr } = spawnSync("h5dump", [path], { encoding: "utf8", maxBuffer: 2 ** 30 });
  if (error !== undefined) return (error as NodeJS.ErrnoException).code === "ENOENT" ? "" : error.message;
  return status === 0 ? stderr : `status ${status}: ${stderr}`;
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

for (const chunkIndex of ["btree", "extensible-array"] as const)
  describe(`what h5py sees of a file of this layer (${chunkIndex})`, { skip }, () => {
    const options = { chunkIndex, durability: "process", headroomBytes: 1 << 16 } as const;
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "daq-hdf5-contents-"));
    });
    after(() => rm(folder, { recursive: true, force: true }));

    test("every datatype, as a scalar, as a small and as a large dataset", async () => {
      const path = join(folder, "types.h5");
      const file = await Hdf5File.create(await openFileSink(path), options);
      const record = compoundType([
        { name: "first", type: integerType(8, true) },
        { name: "µ", type: floatType(4) },
        { name: "why", type: fixedStringType(5, { padding: "null-padded", characterSet: "ascii" }) },
        { name: "pair", type: arrayType(integerType(2, false), [2]) },
      ]);
      const types: readonly (readonly [name: string, Datatype, dtype: string])[] = [
        ...[1, 2, 4, 8].flatMap((width): [string, Datatype, string][] => [
          [`i${width}`, integerType(width, true), `int${width * 8}`],
          [`u${width}`, integerType(width, false), `uint${width * 8}`],
        ]),
        ["f2", floatType(2), "float16"],
        ["f4", floatType(4), "float32"],
        ["f8", floatType(8), "float64"],
        ["text", fixedStringType(7), "|S7"],
        ["bool", booleanType, "bool"],
        ["enum", enumType(integerType(2, false), { off: 0, on: 1, broken: 700 }), "uint16"],
        [
          "record",
          record,
          "{'names': ['first', 'µ', 'why', 'pair'], 'formats': ['<i8', '<f4', 'S5', ('<u2', (2,))]",
        ],
      ];
      const expected: { [name: string]: [dtype: string, shape: number[], values: string] } = {};
      for (const [name, datatype, dtype] of types)
        for (const dims of [[], [0], [3], [40, 25]]) {
          const count = dims.reduce((product, extent) => product * extent, 1);
          const data = Uint8Array.from({ length: count * datatype.elementBytes }, (_, at) =>
            name === "bool" || name === "enum" ? Number(at % 2 === 0) : 1 + (at % 97),
          );
          const dataset = `${name}-${dims.join("x")}`;
          file.root.fixedDataset(dataset, { datatype, dims, data });
          expected[`/${dataset}`] = [dtype, dims, hex(data)];
        }
      await file.begin();
      await file.close();
      const seen = show(path);
      for (const [name, [dtype, shape, values]] of Object.entries(expected)) {
        const found = seen[name]!;
        assert.ok(
          found.dtype!.startsWith(dtype) || found.dtype!.includes("first"),
          `${name} is ${found.dtype}`,
        );
        assert.deepEqual(found.shape, shape, name);
        const isText = name.startsWith("/text-") && shape.length === 0;
        assert.deepEqual(
          found.values,
          isText ? { bytes: Buffer.from(values, "hex").toString("latin1") } : shape[0] === 0 ? "" : values,
          name,
        );
      }
      assert.equal(Object.keys(seen).length, Object.keys(expected).length + 1);
      assert.equal(complaintsOf(path), "");
    });

    test("texts of any length, in attributes and datasets, empty ones and many of them included", async () => {
      const path = join(folder, "texts.h5");
      const file = await Hdf5File.create(await openFileSink(path), options);
      const long = "é".repeat(70_000);
      const many = Array.from({ length: 3000 }, (_, index) => `text ${index} ${"x".repeat(index % 90)}`);
      file.root.fixedDataset("one", { datatype: vlenStringType, dims: [], data: "Ωm" });
      file.root.fixedDataset("none", { datatype: vlenStringType, dims: [], data: "" });
      file.root.fixedDataset("no texts", { datatype: vlenStringType, dims: [0], data: [] });
      file.root.fixedDataset("many", { datatype: vlenStringType, dims: [3000], data: many });
      file.root.fixedDataset("long", { datatype: vlenStringType, dims: [2], data: [long, "short"] });
      file.root.setAttribute("empty", "");
      file.root.setAttribute("long", long);
      file.root.setAttribute("list", many);
      await file.begin();
      await file.close();
      const seen = show(path);
      assert.deepEqual(seen["/"]!.attributes.empty, ["str", [], ""]);
      assert.deepEqual(seen["/"]!.attributes.long, ["str", [], long]);
      assert.deepEqual(seen["/"]!.attributes.list, ["object", [3000], many]);
      const text = (value: string) => ({ bytes: Buffer.from(value, "utf8").toString("latin1") });
      assert.deepEqual(seen["/one"]!.values, text("Ωm"));
      assert.deepEqual(seen["/none"]!.values, text(""));
      assert.deepEqual(seen["/no texts"]!.shape, [0]);
      assert.deepEqual(seen["/many"]!.values, many.map(text));
      assert.deepEqual(seen["/long"]!.values, [text(long), text("short")]);
      assert.equal(complaintsOf(path), "");
    });

    test("attributes of every type, more of them than a header's sector holds", async () => {
      const path = join(folder, "attributes.h5");
      const file = await Hdf5File.create(await openFileSink(path), options);
      const attributes: Attributes = {
        whole: 7,
        "not whole": 0.1,
        negative: -3,
        "negative zero": -0,
        huge: 2 ** 60,
        exact: 2n ** 62n + 1n,
        unsigned: 2n ** 64n - 1n,
        truth: true,
        truths: [true, false, true],
        "µ name": "value",
        whole_list: [1, 2, 3],
        mixed_list: [1, 2.5],
        texts: ["a", "", "µ"],
        nothing: [],
        typed: Float32Array.of(1.5, -2),
        bytes: Uint8Array.of(1, 2, 255),
        large: new Float64Array(8000).fill(0.5),
        ...Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`key ${index}`, index])),
      };
      const group = file.root.group("group", attributes);
      group.fixedDataset("dataset", {
        datatype: integerType(1, false),
        dims: [],
        data: Uint8Array.of(1),
        attributes,
      });
      await file.begin();
      await file.close();
      const seen = show(path);
      const int64 = (...values: (number | bigint)[]) => hex(bytesOf(BigInt64Array.from(values.map(BigInt))));
      const float64 = (...values: number[]) => hex(bytesOf(Float64Array.from(values)));
      for (const name of ["/group", "/group/dataset"]) {
        const found = seen[name]!.attributes;
        assert.deepEqual(found.whole, ["int64", [], int64(7)]);
        assert.deepEqual(found["not whole"], ["float64", [], float64(0.1)]);
        assert.deepEqual(found.negative, ["int64", [], int64(-3)]);
        assert.deepEqual(found["negative zero"], ["float64", [], float64(-0)]);
        assert.deepEqual(found.huge, ["float64", [], float64(2 ** 60)]);
        assert.deepEqual(found.exact, ["int64", [], int64(2n ** 62n + 1n)]);
        assert.deepEqual(found.unsigned, ["uint64", [], "f".repeat(16)]);
        assert.deepEqual(found.truth, ["bool", [], "01"]);
        assert.deepEqual(found.truths, ["bool", [3], "010001"]);
        assert.deepEqual(found["µ name"], ["str", [], "value"]);
        assert.deepEqual(found.whole_list, ["int64", [3], int64(1, 2, 3)]);
        assert.deepEqual(found.mixed_list, ["float64", [2], float64(1, 2.5)]);
        assert.deepEqual(found.texts, ["object", [3], ["a", "", "µ"]]);
        assert.deepEqual(found.nothing, ["float64", [0], ""]);
        assert.deepEqual(found.typed, ["float32", [2], hex(bytesOf(Float32Array.of(1.5, -2)))]);
        assert.deepEqual(found.bytes, ["uint8", [3], "0102ff"]);
        assert.deepEqual(found.large, ["float64", [8000], float64(...new Float64Array(8000).fill(0.5))]);
        assert.deepEqual(found["key 299"], ["int64", [], int64(299)]);
        assert.equal(Object.keys(found).length, Object.keys(attributes).length);
      }
      assert.equal(complaintsOf(path), "");
    });

    test("groups with thousands of links, hard links, and long names", async () => {
      const path = join(folder, "links.h5");
      const file = await Hdf5File.create(await openFileSink(path), options);
      const group = file.root.group("many");
      for (let index = 0; index < 2500; index++) group.group(`group ${index}`);
      const deep = file.root.group("a").group("b").group("ü".repeat(300));
      const data = deep.dataset("rows", {
        datatype: integerType(1, false),
        itemShape: [],
        rowsPerChunk: 4,
        filters: [],
      });
      file.root.link("linked", data);
      await file.begin();
      await data.appendChunk([Uint8Array.of(1, 2, 3, 4)]);
      data.setRows(3);
      await file.close();
      const seen = show(path);
      const groups = Object.keys(seen).filter((name) => name.startsWith("/many/group "));
      assert.equal(groups.length, 2500);
      // h5py visits an object once, under the first of its names: it must know that there are two.
      assert.equal(seen[`/a/b/${"ü".repeat(300)}/rows`]?.values, "010203");
      assert.equal(seen["/linked"], undefined);
      assert.equal(complaintsOf(path), "");
    });

    test("what is added and changed while the file is open and when it is closed", async () => {
      const path = join(folder, "late.h5");
      const file = await Hdf5File.create(await openFileSink(path), options);
      const entry = file.root.group("entry", { state: "recording", note: "n".repeat(600) });
      const rows = entry.dataset("rows", {
        datatype: integerType(2, true),
        itemShape: [2],
        rowsPerChunk: 3,
        filters: [],
        fillValue: Uint8Array.of(0xff, 0xff),
        attributes: { units: "V", text: "t".repeat(400) },
      });
      await file.begin();
      for (let row = 0; row < 30; row++) {
        rows.setAttribute("last", row);
        rows.setAttribute("last text", `row ${row}`);
        entry.setAttribute("state", `at row ${row}`);
        await file.checkpoint();
      }
      assert.deepEqual(show(path)["/entry/rows"]!.attributes["last text"], ["str", [], "row 29"]);
      for (let index = 0; index < 300; index++)
        file.addAtClose(entry, `added ${index}`, {
          datatype: vlenStringType,
          dims: [1],
          data: [`text ${index}`],
          attributes: { index },
        });
      entry.setAttribute("state", "complete");
      await file.close();
      await file.close();
      const seen = show(path);
      assert.deepEqual(seen["/entry"]!.attributes.state, ["str", [], "complete"]);
      assert.deepEqual(seen["/entry"]!.attributes.note, ["str", [], "n".repeat(600)]);
      assert.deepEqual(seen["/entry/rows"]!.attributes.last, ["int64", [], `1d${"00".repeat(7)}`]);
      assert.deepEqual(seen["/entry/added 299"]!.values, [{ bytes: "text 299" }]);
      assert.equal(Object.keys(seen).length, 303);
      assert.equal(complaintsOf(path), "");
    });

    test("dimension scales, in h5py's own words", async () => {
      const path = join(folder, "scales.h5");
      const file = await Hdf5File.create(await openFileSink(path), options);
      const int64 = integerType(8, true);
      const time = file.root.dataset("time", {
        datatype: int64,
        itemShape: [],
        rowsPerChunk: 4,
        filters: [],
        isScale: "time",
      });
      const x = file.root.fixedDataset("x", {
        datatype: int64,
        dims: [3],
        data: bytesOf(BigInt64Array.of(4n, 5n, 6n)),
        isScale: "x",
      });
      const shape = { datatype: int64, itemShape: [3], rowsPerChunk: 4, filters: [] };
      const first = file.root.dataset("first", { ...shape, dimensionScales: [time, x] });
      const second = file.root.dataset("second", { ...shape, dimensionScales: [undefined, x] });
      await file.begin();
      await time.appendChunk([bytesOf(BigInt64Array.of(1n, 2n, 3n, 4n))]);
      time.setRows(4);
      for (const dataset of [first, second]) {
        await dataset.appendChunk([bytesOf(new BigInt64Array(12))]);
        dataset.setRows(4);
      }
      await file.close();
      const found = execFileSync(python, [
        "-c",
        `import h5py, sys
f = h5py.File(sys.argv[1], "r+")
x, first, second = f["x"], f["first"], f["second"]
print(*(h5py.h5ds.is_scale(d.id) for d in (x, f["time"], first)))
print([d.keys() for d in first.dims], [d.keys() for d in second.dims])
print(first.dims[0][0][:].tolist(), first.dims[1]["x"][:].tolist(), h5py.h5ds.is_attached(second.id, x.id, 1))
first.dims[1].detach_scale(x)
print(h5py.h5ds.is_attached(first.id, x.id, 1), len(x.attrs["REFERENCE_LIST"]))`,
        path,
      ]).toString();
      assert.deepEqual(found.trim().split("\n"), [
        "True True False",
        "[['time'], ['x']] [[], ['x']]",
        "[1, 2, 3, 4] [4, 5, 6] True",
        "False 1",
      ]);
      assert.equal(complaintsOf(path), "");
    });

    test("PyTables, netCDF4 and xarray read it, too, where they are installed", async () => {
      const path = join(folder, "others.h5");
      const file = await Hdf5File.create(await openFileSink(path), options);
      file.root.setAttribute("empty", "");
      file.root.setAttribute("list", ["", "a"]);
      const int64 = integerType(8, true);
      const entry = file.root.group("entry", { NX_class: "NXentry", truth: true });
      const y = entry.fixedDataset("y", {
        datatype: int64,
        dims: [2],
        data: bytesOf(BigInt64Array.of(4n, 5n)),
        isScale: "y",
      });
      const shape = { datatype: int64, itemShape: [], rowsPerChunk: 4, filters: [] };
      const time = entry.dataset("time", { ...shape, isScale: "time" });
      const data = entry.dataset("data", { ...shape, itemShape: [2], dimensionScales: [time, y] });
      await file.begin();
      for (let row = 0n; row < 400n; row += 4n) {
        await time.appendChunk([bytesOf(BigInt64Array.of(row, row + 1n, row + 2n, row + 3n))]);
        await data.appendChunk([bytesOf(new BigInt64Array(8).fill(row))]);
        time.setRows(Number(row) + 4);
        data.setRows(Number(row) + 4);
        if (row % 40n === 0n) await file.checkpoint();
      }
      await file.checkpoint();
      for (const state of ["open", "closed"]) {
        if (state === "closed") await file.close();
        const seen = execFileSync(python, [script, "others", path, "/entry/data"], { encoding: "utf8" });
        for (const [reader, found] of Object.entries(JSON.parse(seen) as { [reader: string]: number[] }))
          assert.deepEqual(found, [400, 8 * ((99 * 100) / 2) * 4], `${reader}, ${state}`);
      }
    });

    test("a file of more than 4 GiB", async () => {
      const path = join(folder, "large.h5");
      const inner = await openFileSink(path);
      /** Leaves out the middle of what is written: the file takes no room on the disk. */
      const sparse: ByteSink = Object.create(inner, {
        writeAt: {
          value: async (offset: number, pieces: readonly Uint8Array[]) => {
            if (pieces.length < 3) return inner.writeAt!(offset, pieces);
            const bytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
            const last = pieces.at(-1)!;
            await inner.writeAt!(offset, [pieces[0]!]);
            await inner.writeAt!(offset + bytes - last.byteLength, [last]);
          },
        },
        writeBehind: { value: undefined },
        ...Object.fromEntries(
          (["truncate", "flush", "close"] as const).map((name) => [name, { value: inner[name].bind(inner) }]),
        ),
        path: { value: path },
        positionBytes: { get: () => inner.positionBytes },
      });
      const file = await Hdf5File.create(sparse, options);
      const line = 1 << 20;
      const rows = file.root.dataset("rows", {
        datatype: integerType(1, false),
        itemShape: [512, line],
        rowsPerChunk: 1,
        filters: [],
      });
      await file.begin();
      const middle = new Uint8Array(line);
      for (let row = 0; row < 12; row++) {
        const edge = new Uint8Array(line).fill(row + 1);
        await rows.appendChunk([edge, ...Array.from({ length: 510 }, () => middle), edge]);
        rows.setRows(row + 1);
        await file.checkpoint();
      }
      await file.close();
      const read = `import h5py, sys
d = h5py.File(sys.argv[1])["rows"]
print(d.shape, d[:, 0, 5].tolist(), d[:, 511, -1].tolist(), d[:, 100, 0].max())`;
      const numbers = Array.from({ length: 12 }, (_, row) => row + 1).join(", ");
      assert.equal(
        execFileSync(python, ["-c", read, path]).toString().trim(),
        `(12, 512, 1048576) [${numbers}] [${numbers}] 0`,
      );
    });

    test("an array of several dimensions whose chunks come in any order, also after a crash", async () => {
      const sink = new RememberingSink();
      const shape = [5, 37, 11];
      const chunkDims = [1, 4, 5];
      const declare = async (on: RememberingSink) => {
        const file = await Hdf5File.create(on, { ...options, placeRestSeconds: 0 });
        const spec = {
          datatype: integerType(2, false),
          dims: shape,
          chunkDims,
          fillValue: Uint8Array.of(9, 0),
        };
        return {
          file,
          plain: file.root.chunkedArray("plain", { ...spec, filters: [] }),
          packed: file.root.chunkedArray("packed", { ...spec, filters: [{ id: 1, flags: 1, values: [1] }] }),
          line: file.root.chunkedArray("line", { ...spec, dims: [9000], chunkDims: [1], filters: [] }),
        };
      };
      const extents = shape.map((extent, dim) => Math.ceil(extent / chunkDims[dim]!));
      const chunks = extents.reduce((product, extent) => product * extent, 1);
      /** A walk through all chunks in an order that never repeats one. */
      const chunkAt = (step: number) => {
        const number = (step * 97) % chunks;
        return [Math.floor(number / 30), Math.floor(number / 3) % 10, number % 3];
      };
      const valueAt = (step: number) => 1000 + ((step * 97) % chunks);
      const chunkOf = (value: number) => bytesOf(new Uint16Array(20).fill(value));
      const write = async ({ plain, packed, line }: Awaited<ReturnType<typeof declare>>, step: number) => {
        await plain.writeChunk(chunkAt(step), [chunkOf(valueAt(step))]);
        await packed.writeChunk(chunkAt(step), [deflateSync(chunkOf(valueAt(step)))]);
        await line.writeChunk([(step * 4001) % 9000], [bytesOf(Uint16Array.of(step))]);
      };
      const first = await declare(sink);
      await first.file.begin();
      const states = [{ at: sink.operations.length, state: await first.file.checkpoint(), step: 0 }];
      for (let step = 0; step < 100; step++) {
        await write(first, step);
        if (step % 7 !== 0) continue;
        states.push({ state: await first.file.checkpoint(), step: step + 1, at: sink.operations.length });
      }
      assert.equal(chunks, 150);
      await assert.rejects(first.plain.writeChunk([5, 0, 0], [chunkOf(0)]), /there is none at \[5, 0, 0\]/);
      // Killed here; of two checkpoints the older one is known. Then all that is missing is written.
      const { state, step: known } = states.at(-2)!;
      const image = imageAfter(sink, sink.operations.length - 2);
      const read: ReadAt = async (offset, length) => image.slice(offset, offset + length);
      const later = new RememberingSink(image);
      const second = await declare(later);
      await second.file.resume(state, read);
      const path = join(folder, "scan.h5");
      await second.file.checkpoint();
      await writeFile(path, later.bytes);
      check(show(path), known);
      for (let step = known; step < 140; step++) {
        await write(second, step);
        if (step % 5 === 0) await second.file.checkpoint();
      }
      await second.file.close();
      await writeFile(path, later.bytes);
      check(show(path), 140);
      assert.equal(complaintsOf(path), "");

      function check(seen: ShownFile, steps: number): void {
        const expected = new Uint16Array(shape[0]! * shape[1]! * shape[2]!).fill(9);
        for (let step = 0; step < steps; step++) {
          const [z, y, x] = chunkAt(step) as [number, number, number];
          for (let row = y * 4; row < Math.min(37, y * 4 + 4); row++)
            for (let column = x * 5; column < Math.min(11, x * 5 + 5); column++)
              expected[(z * 37 + row) * 11 + column] = valueAt(step);
        }
        assert.equal(seen["/plain"]!.values, hex(bytesOf(expected)));
        assert.equal(seen["/packed"]!.values, hex(bytesOf(expected)));
        assert.deepEqual(seen["/plain"]!.chunks, chunkDims);
        const line = new Uint16Array(9000).fill(9);
        for (let step = 0; step < steps; step++) line[(step * 4001) % 9000] = step;
        assert.equal(seen["/line"]!.values, hex(bytesOf(line)));
      }
    });
  });
