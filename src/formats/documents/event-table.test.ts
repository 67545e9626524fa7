import assert from "node:assert/strict";
import { test } from "node:test";
import { composeRun } from "../../documents/compose-run.ts";
import type { DataKey } from "../../documents/data-key.ts";
import { numberDType, typedView } from "../../model/dtype.ts";
import { elementReader } from "../../model/element-reader.ts";
import { parseJson } from "../../model/parse-json.ts";
import type { Quantities, Readings } from "../../model/reading.ts";
import { parseStreamSchema } from "../../model/stream-schema.ts";
import { eventColumn } from "./event-column.ts";
import { EventTable } from "./event-table.ts";

const atNs = 1_700_000_000_123_456_789n;

function tableOf(quantities: Quantities, settings: Readings = {}) {
  const described = Object.fromEntries(
    Object.keys(settings).map((key) => [key, { dtype: "float64", unit: "s", source: "test" } as const]),
  );
  const stream = composeRun({ startedAtNs: atNs }).composeDescriptor(
    "primary",
    [{ id: "meter", quantities, settings: { quantities: described, readings: settings } }],
    atNs,
  );
  return { stream, table: new EventTable(stream.descriptor) };
}

test("each quantity is a column with its unit and limits, and beside it the exact time", () => {
  const { table, stream } = tableOf(
    { power: { dtype: "float64", unit: "mW", limits: [0, 50], source: "sensor" } },
    { exposure: { value: 0.1, timestampNs: atNs } },
  );
  parseStreamSchema(table.schema);
  assert.deepEqual(
    table.schema.columns.map(({ name, dtype, unit, nullable, range }) => [
      name,
      dtype,
      unit,
      nullable,
      range,
    ]),
    [
      ["seq_num", "int64", undefined, undefined, undefined],
      ["power", "float64", "mW", true, [0, 50]],
      ["power_time_ns", "int64", "ns", undefined, undefined],
    ],
  );
  const { configuration, descriptor } = table.schema.metadata!;
  assert.deepEqual(configuration, { meter: { exposure: 0.1 } });
  assert.deepEqual(parseJson(descriptor as string), stream.descriptor);
  table.add(stream.composeEvent({ power: { value: 4.7, timestampNs: atNs + 1n } }, atNs + 2n));
  table.add(stream.composeEvent({ power: { value: null, timestampNs: atNs + 3n } }, atNs + 4n));
  const rows = table.take()!;
  assert.equal(rows.count, 2);
  assert.deepEqual([...rows.timestampsNs!], [atNs + 2n, atNs + 4n]);
  assert.deepEqual([...typedView("int64", rows.columns[0]!)], [1n, 2n]);
  assert.deepEqual([...typedView("float64", rows.columns[1]!)], [4.7, Number.NaN]);
  assert.deepEqual([...rows.validity![1]!], [1, 0]);
  assert.deepEqual([...typedView("int64", rows.columns[2]!)], [atNs + 1n, atNs + 3n]);
  assert.equal(table.take(), undefined);
});

test("a switch is a bool, a text a text or one of a few by number, and a spectrum a column with a shape", () => {
  const { table, stream } = tableOf({
    open: { dtype: "boolean", unit: null, source: "switch" },
    mode: { dtype: "string", unit: null, choices: ["cw", "pulsed"], source: "mode" },
    note: { dtype: "string", unit: null, source: "keyboard" },
    serial: { dtype: "string", maxBytes: 8, unit: null, source: "*IDN?" },
    spectrum: { dtype: "uint16", shape: [3], dims: ["bin"], unit: "counts", source: "sensor" },
  });
  const reading = { timestampNs: atNs };
  table.add(
    stream.composeEvent(
      {
        open: { ...reading, value: true },
        mode: { ...reading, value: "pulsed" },
        note: { ...reading, value: "température stable" },
        serial: { ...reading, value: "SN-00042" },
        spectrum: { ...reading, value: [7, 8, 9] },
      },
      atNs,
    ),
  );
  const rows = table.take()!;
  const column = (name: string) => {
    const index = table.schema.columns.findIndex((each) => each.name === name);
    const described = table.schema.columns[index]!;
    const elementAt = elementReader(described, rows.columns[index]!);
    const elements = described.shape.reduce((product, size) => product * size, 1);
    return Array.from({ length: elements }, (_, at) => elementAt(at));
  };
  parseStreamSchema(table.schema);
  assert.deepEqual(column("open"), [true]);
  assert.deepEqual(column("note"), ["température stable"]);
  assert.deepEqual(column("serial"), ["SN-00042"]);
  const room = (name: string) => table.schema.columns.find((each) => each.name === name)?.maxBytes;
  assert.deepEqual([room("note"), room("serial")], [1024, 8]);
  assert.deepEqual(column("mode"), [1]);
  assert.deepEqual(column("spectrum"), [7, 8, 9]);
  assert.match(table.schema.columns.find(({ name }) => name === "mode")!.description!, /0 = cw, 1 = pulsed/);
});

test("a text without room, and half a character, are refused before an event is made of them", () => {
  const { stream } = tableOf({ note: { dtype: "string", maxBytes: 8, unit: null, source: "keyboard" } });
  const compose = (value: string) => stream.composeEvent({ note: { value, timestampNs: atNs } }, atNs);
  assert.throws(() => compose("nine byte"), {
    code: "device",
    message: "Stream primary: note is 9 bytes long in UTF-8, where 8 fit.",
    hint: /maxBytes/,
  });
  assert.throws(() => compose("a\0b"), { code: "device", message: /note has a NUL/ });
  assert.throws(() => compose("\ud83d"), { code: "device", message: /surrogate/ });
  assert.equal(stream.events, 0);
  assert.equal(compose("éééé").data.note, "éééé");
});

test("an integer out of its range is refused, in an event and in a document, and never wraps around", () => {
  const { stream } = tableOf({ count: { dtype: "uint16", unit: "counts", source: "counter" } });
  const compose = (value: number | bigint) =>
    stream.composeEvent({ count: { value, timestampNs: atNs } }, atNs);
  assert.throws(() => compose(70_000), {
    code: "device",
    message: "Stream primary: count is 70000, which is out of the range of uint16.",
  });
  assert.throws(() => compose(-1), /-1, which is out of the range/);
  assert.equal(compose(65_535n).data.count, 65_535n);
  for (const [numpy, fits, beyond] of [
    ["|i1", -128, -129],
    ["|u1", 255, 256],
    ["<i4", 2 ** 31 - 1, 2 ** 31],
    ["<i8", -(2n ** 63n), 2n ** 63n],
    ["<u8", 2n ** 64n - 1n, 2 ** 64],
    ["<u8", 2 ** 53, -1],
  ] as const) {
    assert.equal(BigInt(given({ dtype: "integer", dtype_numpy: numpy }, fits).values[0]!), BigInt(fits));
    assert.throws(() => given({ dtype: "integer", dtype_numpy: numpy }, beyond), /out of the range/);
  }
  assert.throws(() => given({ dtype: "array", dtype_numpy: "|u1", shape: [2] }, [1, 300]), /300/);
});

test("a list of texts is refused with what to do instead; numpy's words say how long texts get", () => {
  const key = (rest: Partial<DataKey>): DataKey => ({ source: "test", dtype: "string", shape: [], ...rest });
  assert.throws(() => eventColumn("primary", "notes", key({ shape: [3] }), 1), {
    code: "format",
    message: "Stream primary: notes is a list of texts, which no column can hold.",
    hint: /parameter/,
  });
  const room = (numpy?: string) =>
    eventColumn("primary", "x", key(numpy === undefined ? {} : { dtype_numpy: numpy }), 1).column.maxBytes;
  assert.deepEqual([room("|S40"), room("<U10"), room("|O8"), room()], [40, 40, 1024, 1024]);
});

/** A column of `dtype_numpy` that was given these values, and which of them are there. */
function given(key: Partial<DataKey>, ...values: readonly unknown[]) {
  const dataKey: DataKey = { source: "test", dtype: "number", shape: [], ...key };
  const { column, bytes, validity, set } = eventColumn("primary", "x", dataKey, values.length);
  for (const [row, value] of values.entries()) set(row, value);
  const extent = column.shape.reduce((product, size) => product * size, 1);
  return {
    values: [...typedView(numberDType(column.dtype), bytes)].slice(0, values.length * extent),
    there: [...validity!],
  };
}

test("JSON's texts for numbers that it does not have are these numbers", () => {
  assert.deepEqual(given({}, "NaN", "Infinity", "-Infinity", null), {
    values: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
    there: [1, 1, 1, 0],
  });
});

test("an integer has no not-a-number: it is missing", () => {
  for (const [numpy, zero] of [
    ["<i4", 0],
    ["<i8", 0n],
  ] as const)
    assert.deepEqual(given({ dtype: "integer", dtype_numpy: numpy }, Number.NaN, "NaN", "Infinity"), {
      values: [zero, zero, zero],
      there: [0, 0, 0],
    });
});

test("a text that is none of the few is missing, not one of them", () => {
  const key = { dtype: "string", choices: ["cw", "pulsed"] } as const;
  assert.deepEqual(given(key, "pulsed", "off", "cw"), { values: [1, 0, 0], there: [1, 0, 1] });
});

test("null in a list is not-a-number among floats, and the whole list is missing among integers", () => {
  const list = [1, null, 3];
  assert.deepEqual(given({ dtype: "array", dtype_numpy: "<f8", shape: [3] }, list), {
    values: [1, Number.NaN, 3],
    there: [1],
  });
  assert.deepEqual(given({ dtype: "array", dtype_numpy: "<i4", shape: [3] }, list, [4, 5, 6]), {
    values: [0, 0, 0, 4, 5, 6],
    there: [0, 1],
  });
});

test("half an integer, and a list of another length, are refused by name", () => {
  assert.throws(() => given({ dtype: "integer" }, 1.5), {
    code: "format",
    message: "Stream primary: x is 1.5, where int64 was described.",
  });
  assert.throws(() => given({ dtype: "array", dtype_numpy: "<f8", shape: [2] }, [1, 2, 3]), {
    code: "format",
    message: "Stream primary: x is a list of 3, where one of 2 was described.",
  });
  assert.throws(() => given({ dtype: "array", dtype_numpy: "<f8", shape: [2] }, 1), {
    code: "format",
    message: "Stream primary: x is a single value, where a list of 2 was described.",
  });
});
