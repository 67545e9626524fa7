import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { configReference } from "./config-reference.ts";
import { deviceSettings } from "./device-settings.ts";
import { plainTables } from "./overrides.ts";

const page = new URL("../../docs/configuration.md", import.meta.url);

test("the reference has a row for every key, with its default and what it accepts", () => {
  const reference = configReference();
  for (const { key } of [...Object.values(plainTables).flat(), ...deviceSettings])
    assert.ok(reference.includes(`| \`${key}\` | `), key);
  assert.match(
    reference,
    /\| `flush_interval_ms` \| a whole number of milliseconds from 1 to 3600000 \| `1000` \|/,
  );
  assert.match(reference, /\| `id` \| a string \| required \|/);
});

test("a driver's own keys are listed below its summary", () => {
  const settings = [{ key: "mode", kind: "string", doc: "One|two.", choices: ["a", "b"] }] as const;
  const reference = configReference([
    { name: "x", summary: "Does x.", settings },
    { name: "y", summary: "y.", settings: [] },
  ]);
  assert.ok(reference.includes("### Driver `x`\n\nDoes x.\n\n"));
  assert.ok(reference.includes('| `mode` | one of "a", "b" |  | One\\|two. |'));
  assert.ok(reference.includes("No keys of its own."));
});

test("docs/configuration.md has every row of the reference as it is now", async () => {
  const text = await readFile(page, "utf8");
  const missing = configReference()
    .split("\n")
    .filter((line) => !text.split("\n").includes(line));
  assert.deepEqual(missing, [], "put these rows into docs/configuration.md");
});
