import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJson } from "../../model/parse-json.ts";
import { gauges, sampleRun } from "../../testing/format-contract/sample-streams.ts";
import { encodeStreamSchema, openLedger } from "./schema.ts";

test("each key of the experiment is an entry of its own: text as it is, everything else as JSON", () => {
  const { metadata } = encodeStreamSchema(gauges, sampleRun, "full", openLedger);
  assert.equal(metadata.get("experiment"), "wavelength_scan");
  assert.equal(metadata.get("sample"), sampleRun.experiment.sample);
  assert.equal(metadata.get("attempts"), "3");
  assert.equal(metadata.get("seed"), "9007199254740993");
  assert.equal(metadata.get("dry_run"), "false");
  assert.equal(metadata.get("positions"), "[1,2.5,-3e-9]");
  assert.deepEqual(parseJson(metadata.get("daq.run")!), sampleRun);
  assert.deepEqual(parseJson(metadata.get("daq.stream")!), gauges);
});

test("keys that readers act on are set aside, so that they cannot break a reader or our own entries", () => {
  const experiment = {
    name: "scan",
    experiment: "mine",
    pandas: "not JSON",
    "daq.run": "x",
    "ARROW:schema": "x",
  };
  const { metadata } = encodeStreamSchema(gauges, { ...sampleRun, experiment }, "full", openLedger);
  assert.equal(metadata.get("experiment"), "scan");
  assert.equal(metadata.get("experiment.experiment"), "mine");
  assert.equal(metadata.has("pandas"), false);
  assert.equal(metadata.has("ARROW:schema"), false);
  assert.equal(metadata.get("experiment.pandas"), "not JSON");
  assert.equal(metadata.get("experiment.daq.run"), "x");
  assert.deepEqual(parseJson(metadata.get("daq.run")!), { ...sampleRun, experiment });
});
