import assert from "node:assert/strict";
import { test } from "node:test";
import type { Column, StreamSchema } from "../../model/stream-schema.ts";
import { entryNames, isObjectName, refusal, rootLinks, streamLayouts } from "./stream-layout.ts";

function table(name: string, ...columns: readonly (string | Column)[]): StreamSchema {
  return {
    name,
    kind: "table",
    columns: columns.map((column) =>
      typeof column === "string" ? { name: column, dtype: "float64", shape: [], dims: [] } : column,
    ),
    source: "test",
    clock: "system",
  };
}

function shaped(name: string, shape: readonly number[], dims: readonly string[]): Column {
  return { name, dtype: "uint16", shape, dims };
}

const camera: StreamSchema = {
  ...table("camera0", shaped("frame", [4, 6], ["y", "x"])),
  kind: "array",
};

const linkNames = (...streams: readonly StreamSchema[]) =>
  rootLinks(streamLayouts(streams, undefined)).map(({ name }) => name);

test("a stream that is called like something else in /entry makes room, whatever its name", () => {
  const layouts = streamLayouts(
    [...entryNames.map((name) => table(name, "v")), table("daq_2", "v"), table("free", "v")],
    undefined,
  );
  const groups = layouts.map(({ group }) => group);
  assert.equal(new Set([...groups, ...entryNames]).size, groups.length + entryNames.length);
  assert.equal(groups[entryNames.indexOf("title")], "title_2");
  assert.equal(groups[entryNames.indexOf("daq")], "daq_2");
  assert.deepEqual(groups.slice(-2), ["daq_2_2", "free"]);
});

test("columns keep their names; timestamps, sequence, validity and dimensions make room for them", () => {
  const [layout] = streamLayouts(
    [
      table(
        "s",
        "timestamps",
        "sequence",
        "sequence_2",
        { name: "a", dtype: "int16", shape: [], dims: [], nullable: true },
        "a_valid",
        shaped("x", [3], ["x"]),
      ),
    ],
    undefined,
  );
  assert.deepEqual(
    layout!.columns.map(({ name }) => name),
    ["timestamps", "sequence", "sequence_2", "a", "a_valid", "x"],
  );
  assert.deepEqual([layout!.timestamps, layout!.sequence], ["timestamps_2", "sequence_3"]);
  assert.equal(layout!.columns[3]!.validityName, "a_valid_2");
  assert.deepEqual(layout!.columns[5]!.scales, ["x_2"]);
});

test("columns share a dimension of one name and length, and a square has two of its own", () => {
  const [layout] = streamLayouts(
    [
      table(
        "s",
        shaped("a", [5], ["wavelength"]),
        shaped("b", [5, 2], ["wavelength", "side"]),
        shaped("c", [7], ["wavelength"]),
        shaped("d", [5, 5], ["wavelength", "wavelength"]),
      ),
    ],
    undefined,
  );
  assert.deepEqual(
    layout!.columns.map(({ scales }) => scales),
    [["wavelength"], ["wavelength", "side"], ["wavelength_2"], ["wavelength", "wavelength_3"]],
  );
  assert.deepEqual(
    layout!.scales.map(({ name, extent }) => [name, extent]),
    [
      ["wavelength", 5],
      ["side", 2],
      ["wavelength_2", 7],
      ["wavelength_3", 5],
    ],
  );
});

test("a dimension whose name HDF5 cannot hold gets one by its place", () => {
  const [layout] = streamLayouts([table("s", shaped("a", [1, 2, 3], ["a/b", "..", ""]))], undefined);
  assert.deepEqual(layout!.columns[0]!.scales, ["dim_1", "dim_2", "dim_3"]);
});

test("the one time series of a run is at the root, under the stream's name too where it is free", () => {
  assert.deepEqual(linkNames(table("power_meter", "power")), [
    "timestamps",
    "sequence",
    "power",
    "power_meter",
  ]);
  assert.deepEqual(linkNames(camera, table("adc", "AI0", "AI1")), ["timestamps", "sequence", "AI0", "AI1"]);
  assert.deepEqual(linkNames(camera), ["timestamps", "sequence", "frame", "y", "x", "camera0"]);
  assert.deepEqual(linkNames(table("power", "power")), ["timestamps", "sequence", "power"]);
});

test("of several time series, or several cameras, none is at the root", () => {
  assert.deepEqual(linkNames(table("a", "v"), table("b", "v"), camera), []);
  assert.deepEqual(linkNames(camera, { ...camera, name: "camera1" }), []);
  assert.deepEqual(linkNames(), []);
});

test("nothing at the root takes the place of /entry", () => {
  assert.deepEqual(linkNames(table("entry", "entry")), ["timestamps", "sequence"]);
  assert.deepEqual(linkNames(table("entry", "v")), ["timestamps", "sequence", "v"]);
});

test("names with a slash, dots alone, NUL or nothing are no names of objects", () => {
  for (const name of ["a/b", "/", ".", "..", "", "a\0b"]) assert.equal(isObjectName(name), false, name);
  for (const name of ["a.b", "...", "µ", " ", "a\\b", "a\nb", "日本"])
    assert.equal(isObjectName(name), true, name);
});

test("what HDF5 cannot hold is refused with the stream, the column, and what to use instead", () => {
  for (const [column, message] of [
    ["a/b", /column named "a\/b" of s: "\/" separates groups/],
    ["..", /column named "\.\." of s: in a path it means a group/],
    [".", /column named "\." of s: in a path/],
    ["..", /column named "\.\." of s/],
    [
      shaped("deep", new Array(32).fill(1), new Array(32).fill("d")),
      /s\.deep: it has more than 31 dimensions/,
    ],
    [shaped("large", [2 ** 16, 2 ** 15], ["y", "x"]), /s\.large: one record has more than 2 GiB/],
  ] as const) {
    const found = refusal(table("s", "good", column));
    assert.match(found!, message);
    assert.match(found!, /Arrow|Zarr/);
  }
  assert.equal(
    refusal(table("s", "good", shaped("deep", new Array(31).fill(1), new Array(31).fill("d")))),
    undefined,
  );
});
