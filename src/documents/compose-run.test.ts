import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Quantities, Readings } from "../model/reading.ts";
import { composeEventPage } from "./compose-event.ts";
import { composeRun } from "./compose-run.ts";
import { DocumentOrder } from "./document-order.ts";

const startedAtNs = 1_700_000_000_123_456_789n;

const quantities: Quantities = {
  power: { dtype: "float64", unit: "mW", precision: 3, limits: [0, 50], source: "test meter" },
  range: { dtype: "int32", unit: null, source: "test meter" },
  spectrum: { dtype: "float32", shape: [3], dims: ["pixel"], unit: "counts", source: "test meter" },
};

function readings(power: number | null, timestampNs = startedAtNs): Readings {
  return {
    power: { value: power, timestampNs },
    range: { value: 2, timestampNs },
    spectrum: { value: Float32Array.of(1, 2, 3), timestampNs },
  };
}

function composed() {
  const run = composeRun({ startedAtNs, metadata: { sample: "GaAs" }, plan: { plan_name: "count" } });
  return { run, stream: run.composeDescriptor("primary", [{ id: "meter", quantities }], startedAtNs) };
}

describe("what is composed", () => {
  test("is a stream of documents that the order accepts, with a page and external frames", () => {
    const { run, stream } = composed();
    const frames = run.composeDescriptor(
      "frames",
      [
        {
          id: "camera",
          quantities: { camera: { dtype: "uint16", shape: [4, 5], unit: "counts", source: "test camera" } },
          external: ["camera"],
        },
      ],
      startedAtNs,
    );
    const resource = run.composeStreamResource({
      data_key: "camera",
      mimetype: "application/x-hdf5",
      uri: "file://localhost/data/run.h5",
      parameters: { dataset: "/camera" },
    });
    const events = [1, 2, 3].map((power) => stream.composeEvent(readings(power), startedAtNs + 5n));
    const order = new DocumentOrder();
    order.accept("start", run.start);
    order.accept("descriptor", stream.descriptor);
    order.accept("event", events[0]);
    order.accept("event_page", composeEventPage(events.slice(1)));
    order.accept("descriptor", frames.descriptor);
    order.accept("stream_resource", resource);
    order.accept(
      "stream_datum",
      run.composeStreamDatum({
        stream_resource: resource.uid,
        descriptor: frames.descriptor.uid,
        indices: { start: 0, stop: 2 },
        seq_nums: { start: 1, stop: 3 },
      }),
    );
    assert.equal(order.complete, false);
    order.accept("stop", {
      ...run.composeStop("success", "", startedAtNs + 9n),
      num_events: { primary: 3, frames: 2 },
    });
    assert.equal(order.complete, true);
  });

  test("holds each time twice: in the model's seconds and in exact nanoseconds", () => {
    const { run, stream } = composed();
    const event = stream.composeEvent(readings(1.5, startedAtNs + 1n), startedAtNs + 2n);
    assert.equal(run.start.time, 1_700_000_000.123_456_7);
    assert.equal(run.start.time_ns, startedAtNs);
    assert.equal(event.data.power_time_ns, startedAtNs + 1n);
    assert.equal(event.data.time_ns, startedAtNs + 2n);
    assert.equal(event.timestamps.power, 1_700_000_000.123_456_7);
    assert.equal(stream.descriptor.data_keys.power_time_ns?.time_of, "power");
  });

  test("says unit, precision, limits and numpy type of every quantity", () => {
    const { descriptor } = composed().stream;
    assert.deepEqual(descriptor.data_keys.power, {
      source: "test meter",
      dtype: "number",
      shape: [],
      dtype_numpy: "<f8",
      units: "mW",
      precision: 3,
      limits: { control: { low: 0, high: 50 } },
      object_name: "meter",
    });
    for (const key of Object.values(descriptor.data_keys))
      for (const field of ["units", "precision", "limits", "dtype_numpy"] as const) assert.ok(field in key);
  });

  test("keeps a value that a device did not have as null, and NaN as NaN", () => {
    const { stream } = composed();
    assert.equal(stream.composeEvent(readings(null), startedAtNs).data.power, null);
    assert.equal(stream.composeEvent(readings(Number.NaN), startedAtNs).data.power, Number.NaN);
  });

  test("numbers the events of a stream on when it gets a second descriptor", () => {
    const { run, stream } = composed();
    stream.composeEvent(readings(1), startedAtNs);
    const again = run.composeDescriptor("primary", [{ id: "meter", quantities }], startedAtNs);
    assert.equal(again.composeEvent(readings(1), startedAtNs).seq_num, 2);
  });

  test("has the loss ledger in its stop document", () => {
    const { run } = composed();
    const account = { stream: "camera", produced: 10, stored: 9, lost: 1 };
    const ranges = [{ first: 4, count: 1, reason: "device" as const, atNs: "17" }];
    const ledger = { complete: true, accounts: [{ ...account, ranges }] };
    const stop = run.composeStop("success", "", startedAtNs, ledger);
    assert.deepEqual(stop.ledger, ledger);
  });
});

describe("what cannot be said rightly is refused:", () => {
  for (const key of ["uid", "plan_name", "plan_args", "num_points", "time"])
    test(`a metadata key "${key}", before anything starts`, () => {
      assert.throws(() => composeRun({ startedAtNs, metadata: { [key]: "mine" } }), {
        code: "usage",
        message: new RegExp(`"${key}" is taken`),
      });
    });

  test("a metadata key that only this plan uses", () => {
    assert.throws(
      () => composeRun({ startedAtNs, metadata: { snaking: true }, plan: { snaking: [false, true] } }),
      { message: /"snaking" is taken/ },
    );
  });

  test("a metadata key with a dot, however deep", () => {
    assert.throws(() => composeRun({ startedAtNs, metadata: { optics: { "filter.1": "ND1" } } }), {
      code: "format",
      message: /optics\."filter\.1": expected a key/,
    });
  });

  test("a reading with the wrong number of values", () => {
    const spectrum = { value: Float32Array.of(1, 2), timestampNs: startedAtNs };
    assert.throws(() => composed().stream.composeEvent({ ...readings(1), spectrum }, startedAtNs), {
      code: "device",
      message: /spectrum: expected 3 values, found 2/,
    });
  });

  test("a reading of another type", () => {
    const range = { value: 2.5, timestampNs: startedAtNs };
    assert.throws(() => composed().stream.composeEvent({ ...readings(1), range }, startedAtNs), {
      message: /range: expected integer, found 2\.5/,
    });
  });

  test("an event without one of the quantities, and one with another", () => {
    const { power: _, ...without } = readings(1);
    assert.throws(() => composed().stream.composeEvent(without, startedAtNs), {
      message: /no value for "power"/,
    });
    const other = { ...readings(1), other: { value: 1, timestampNs: startedAtNs } };
    assert.throws(() => composed().stream.composeEvent(other, startedAtNs), {
      message: /a value for "other"/,
    });
  });

  test("two devices that give a quantity of the same name", () => {
    const { run } = composed();
    const devices = ["a", "b"].map((id) => ({ id, quantities }));
    assert.throws(() => run.composeDescriptor("both", devices, startedAtNs), {
      message: /two devices give "power"; the second is b/,
    });
  });

  test("a second descriptor with other quantities", () => {
    const { run } = composed();
    const other = { id: "m", quantities: { x: quantities.range! } };
    assert.throws(() => run.composeDescriptor("primary", [other], startedAtNs), {
      message: /other quantities/,
    });
  });

  test("a page of events of two descriptors", () => {
    const events = [composed(), composed()].map(({ stream }) =>
      stream.composeEvent(readings(1), startedAtNs),
    );
    assert.throws(() => composeEventPage(events), { code: "usage" });
  });
});
