import assert from "node:assert/strict";
import { test } from "node:test";
import { DaqError } from "../../../model/errors.ts";
import type { ArraySpec } from "./array-spec.ts";
import { documentBytes, type NodeDocument } from "./attributes.ts";
import { consolidatedDocument } from "./consolidated.ts";
import { type Fields, parseDocument } from "./document-fields.ts";
import { groupDocuments } from "./group-documents.ts";
import { parseArray2, parseArray3 } from "./parse-array.ts";
import { ZarrArray } from "./zarr-array.ts";

const frames: ArraySpec = {
  path: "camera/frames",
  dtype: "uint16",
  shape: [100, 480, 640],
  chunkShape: [1, 480, 640],
  dimensions: ["time", "y", "x"],
  compression: { codec: "blosc", inner: "zstd", level: 1, shuffle: "byte" },
  attributes: { units: "counts" },
};

/** As it is stored and read again. */
function stored(documents: readonly NodeDocument[]): Record<string, unknown> {
  return Object.fromEntries(
    documents.map((document) => [document.key, JSON.parse(Buffer.from(documentBytes(document)).toString())]),
  );
}

const blosc = {
  name: "blosc",
  configuration: { typesize: 2, cname: "zstd", clevel: 1, shuffle: "shuffle", blocksize: 0 },
};
const little = { name: "bytes", configuration: { endian: "little" } };

const document3 = {
  zarr_format: 3,
  node_type: "array",
  shape: [100, 480, 640],
  data_type: "uint16",
  chunk_grid: { name: "regular", configuration: { chunk_shape: [1, 480, 640] } },
  chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
  fill_value: 0,
  codecs: [little, blosc],
  attributes: { units: "counts", _ARRAY_DIMENSIONS: ["time", "y", "x"] },
  dimension_names: ["time", "y", "x"],
};

const document2 = {
  zarr_format: 2,
  shape: [100, 480, 640],
  chunks: [1, 480, 640],
  dtype: "<u2",
  compressor: { id: "blosc", cname: "zstd", clevel: 1, shuffle: 1, blocksize: 0 },
  fill_value: null,
  order: "C",
  filters: null,
  dimension_separator: ".",
};

test("an array's documents are the golden ones", () => {
  assert.deepEqual(stored(new ZarrArray(3, frames).documents()), { "camera/frames/zarr.json": document3 });
  assert.deepEqual(stored(new ZarrArray(2, frames).documents()), {
    "camera/frames/.zattrs": { units: "counts", _ARRAY_DIMENSIONS: ["time", "y", "x"] },
    "camera/frames/.zarray": document2,
  });
});

test("a sharded array's document is the golden one", () => {
  const spec: ArraySpec = {
    ...frames,
    shardShape: [64, 480, 640],
    compression: { codec: "gzip", level: 5 },
    checksum: true,
  };
  assert.deepEqual(stored(new ZarrArray(3, spec).documents()), {
    "camera/frames/zarr.json": {
      ...document3,
      chunk_grid: { name: "regular", configuration: { chunk_shape: [64, 480, 640] } },
      codecs: [
        {
          name: "sharding_indexed",
          configuration: {
            chunk_shape: [1, 480, 640],
            codecs: [little, { name: "gzip", configuration: { level: 5 } }, { name: "crc32c" }],
            index_codecs: [little, { name: "crc32c" }],
            index_location: "end",
          },
        },
      ],
    },
  });
});

test("each compression is spelt as the standard has it", () => {
  const spelt = (compression: ArraySpec["compression"], dtype: ArraySpec["dtype"] = "float64") => {
    const spec: ArraySpec = { ...frames, dtype, compression };
    const codecs = new ZarrArray(3, spec).documents()[0]!.value.codecs;
    const { compressor } = new ZarrArray(2, spec).documents()[1]!.value;
    return [codecs, compressor];
  };
  assert.deepEqual(spelt({ codec: "none" }, "uint8"), [[{ name: "bytes" }], null]);
  assert.deepEqual(spelt({ codec: "zstd", level: 3 }), [
    [little, { name: "zstd", configuration: { level: 3, checksum: false } }],
    { id: "zstd", level: 3 },
  ]);
  assert.deepEqual(spelt({ codec: "blosc", inner: "lz4", level: 5, shuffle: "bit" }), [
    [
      little,
      {
        name: "blosc",
        configuration: { typesize: 8, cname: "lz4", clevel: 5, shuffle: "bitshuffle", blocksize: 0 },
      },
    ],
    { id: "blosc", cname: "lz4", clevel: 5, shuffle: 2, blocksize: 0 },
  ]);
});

test("fill values of every kind come back from the documents", () => {
  for (const [dtype, fillValue] of [
    ["float32", Number.NaN],
    ["float64", Number.NEGATIVE_INFINITY],
    ["int64", -(2n ** 63n)],
    ["uint64", 2n ** 64n - 1n],
    ["int8", -128],
  ] as const) {
    const array = new ZarrArray(3, { ...frames, dtype, fillValue });
    const [document] = array.documents();
    const again = parseArray3("here", "camera/frames", parseDocument("here", documentBytes(document!)));
    assert.deepEqual(again.fillValue, fillValue);
    const older = new ZarrArray(2, { ...frames, dtype, fillValue }).documents()[1]!;
    assert.deepEqual(
      parseArray2("here", "a", parseDocument("here", documentBytes(older)), {}).fillValue,
      fillValue,
    );
  }
});

test("an array comes back from its documents as it was", () => {
  for (const spec of [
    frames,
    { ...frames, shardShape: [4, 480, 1280], checksum: true, separator: "." as const },
    { ...frames, compression: { codec: "none" } as const, shape: [], chunkShape: [], dimensions: [] },
  ]) {
    const [document] = new ZarrArray(3, spec).documents();
    const again = parseArray3("here", spec.path, parseDocument("here", documentBytes(document!)));
    assert.deepEqual(again.documents(), [document]);
  }
  const [attributes, document] = new ZarrArray(2, frames).documents();
  assert.deepEqual(parseArray2("here", frames.path, document!.value, attributes!.value).documents(), [
    attributes,
    document,
  ]);
});

test("what other programs write of the same is understood", () => {
  const foreign2: Fields = { ...document2, dtype: "|u1", compressor: null, dimension_separator: undefined };
  const array = parseArray2("here", "a", foreign2, {});
  assert.deepEqual(array.spec.dimensions, ["dim_0", "dim_1", "dim_2"]);
  assert.equal(array.key([1, 2, 3]), "a/1.2.3");
  const { dimension_names: _names, ...foreign3 } = document3;
  assert.deepEqual(parseArray3("here", "a", { ...foreign3, attributes: {} }).spec.dimensions, [
    "dim_0",
    "dim_1",
    "dim_2",
  ]);
  const extended = { ...document3, statistics: { must_understand: false } };
  assert.deepEqual(parseArray3("here", "a", extended).spec.shape, [100, 480, 640]);
  const python = '{"a": NaN, "b": [-Infinity, "say \\"NaN\\""], "c": 1}';
  assert.deepEqual(parseDocument("here", Buffer.from(python)), {
    a: "NaN",
    b: ["-Infinity", 'say "NaN"'],
    c: 1,
  });
  const bits = parseArray3("here", "a", { ...document3, data_type: "float32", fill_value: "0x7fc00000" });
  assert.deepEqual(bits.fillValue, Number.NaN);
});

test("a document that is damaged or of another kind is refused with its place", () => {
  const sharding = {
    name: "sharding_indexed",
    configuration: { chunk_shape: [1, 480, 640], codecs: [little] },
  };
  const wrong3: readonly Fields[] = [
    { data_type: "complex64" },
    { shape: [1, 2] },
    { shape: "100" },
    { shape: [-1, 480, 640] },
    { shape: [2 ** 53, 480, 640] },
    { chunk_grid: { name: "rectilinear" } },
    { chunk_grid: { name: "regular", configuration: { chunk_shape: [0, 480, 640] } } },
    { chunk_grid: { name: "regular", configuration: { chunk_shape: [100_000, 480, 640] } } },
    { chunk_key_encoding: { name: "v2" } },
    { codecs: [] },
    { codecs: [{ name: "bytes", configuration: { endian: "big" } }] },
    { codecs: [{ name: "transpose" }, little] },
    { codecs: [little, { name: "numcodecs.shuffle" }] },
    { codecs: [little, blosc, blosc] },
    { codecs: [little, { name: "blosc", configuration: { ...blosc.configuration, cname: "blosclz" } }] },
    { codecs: [sharding] },
    { fill_value: "x" },
    { fill_value: -1 },
    { fill_value: null },
    { storage_transformers: [{}] },
    { statistics: { name: "unknown" } },
  ];
  const isRefusal = (error: unknown): true => {
    assert.ok(error instanceof DaqError, String(error));
    assert.equal(error.code, "format");
    assert.ok(error.hint);
    return true;
  };
  for (const change of wrong3)
    assert.throws(
      () => parseArray3("here", "a", { ...document3, ...change }),
      isRefusal,
      JSON.stringify(change),
    );
  for (const change of [
    { zarr_format: 3 },
    { dtype: ">u2" },
    { dtype: "<M8[ns]" },
    { order: "F" },
    { filters: [{ id: "shuffle" }] },
    { compressor: { id: "lzma" } },
    { compressor: "gzip" },
    { dimension_separator: "_" },
    { chunks: [1, 480] },
    { fill_value: "AAAA" },
  ])
    assert.throws(
      () => parseArray2("here", "a", { ...document2, ...change }, {}),
      isRefusal,
      JSON.stringify(change),
    );
  for (const text of ["", "[1]", "null", "{", '{"a": 1', "\ufffd\ud800"])
    assert.throws(() => parseDocument("s3://b/zarr.json", Buffer.from(text)), /s3:\/\/b\/zarr\.json/);
});

test("consolidated metadata has all nodes, those that hold others first", () => {
  const array = new ZarrArray(3, frames);
  const documents = [
    ...array.documents(),
    ...groupDocuments(3, "camera", { id: 1 }),
    ...groupDocuments(3, "", {}),
  ];
  const inner = { kind: "inline", must_understand: false, metadata: {} };
  assert.deepEqual(stored([consolidatedDocument(3, documents)]), {
    "zarr.json": {
      zarr_format: 3,
      node_type: "group",
      attributes: {},
      consolidated_metadata: {
        kind: "inline",
        must_understand: false,
        metadata: {
          camera: { zarr_format: 3, node_type: "group", attributes: { id: 1 }, consolidated_metadata: inner },
          "camera/frames": document3,
        },
      },
    },
  });
  const older = [...new ZarrArray(2, frames).documents(), ...groupDocuments(2, "", { title: "x" })];
  assert.deepEqual(stored([consolidatedDocument(2, older)]), {
    ".zmetadata": {
      zarr_consolidated_format: 1,
      metadata: {
        ".zattrs": { title: "x" },
        ".zgroup": { zarr_format: 2 },
        "camera/frames/.zarray": document2,
        "camera/frames/.zattrs": { units: "counts", _ARRAY_DIMENSIONS: ["time", "y", "x"] },
      },
    },
  });
});

test("numbers that JSON has not are written as text, whole numbers beyond 2^53 as digits", () => {
  const [document] = groupDocuments(3, "", { a: Number.NaN, b: [Number.POSITIVE_INFINITY], c: 2n ** 60n });
  assert.match(
    Buffer.from(documentBytes(document!)).toString(),
    /"a": "NaN",\s+"b": \[\s+"Infinity"\s+\],\s+"c": 1152921504606846976/,
  );
});

test("keys of chunks are read back as places, and other keys are not", () => {
  const array = new ZarrArray(3, frames);
  assert.equal(array.key([99, 0, 0]), "camera/frames/c/99/0/0");
  assert.deepEqual(array.placeOfKey("camera/frames/c/99/0/0"), [99, 0, 0]);
  for (const key of [
    "camera/frames/c/100/0/0",
    "camera/frames/c/1/0",
    "camera/frames/c/01/0/0",
    "camera/frames/zarr.json",
    "camera/frames/.c/0/0/0",
    "other/c/0/0/0",
  ])
    assert.equal(array.placeOfKey(key), undefined, key);
  const older = new ZarrArray(2, frames);
  assert.deepEqual(older.placeOfKey(older.key([7, 0, 0])), [7, 0, 0]);
  assert.equal(older.placeOfKey("camera/frames/.zarray"), undefined);
  for (const format of [2, 3] as const) {
    const scalar = new ZarrArray(format, { ...frames, shape: [], chunkShape: [], dimensions: [] });
    assert.deepEqual(scalar.placeOfKey(scalar.key([])), []);
  }
});
