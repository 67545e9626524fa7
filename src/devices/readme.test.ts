import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Setting } from "../model/setting.ts";
import { byteStreamSettings } from "./byte-stream/settings.ts";
import { driverNames, loadDriver } from "./registry.ts";

const readme = readFileSync(new URL("README.md", import.meta.url), "utf8");

/** The text below a heading, up to the next heading. */
function section(heading: string): string {
  const start = readme.indexOf(`\n${heading}\n`);
  assert.ok(start >= 0, `README.md has no heading "${heading}"`);
  const body = readme.slice(start + heading.length + 2);
  const end = body.search(/^#/m);
  return end < 0 ? body : body.slice(0, end);
}

/** The rows of a section's table, without the blanks that align its columns. */
function rowsOf(text: string): string[] {
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((line) => line.replace(/ {2,}/g, " "));
}

function row({ key, kind, required, default: value, unit = "", doc }: Setting): string {
  const usual = required ? "required" : value === undefined ? "–" : `\`${JSON.stringify(value)}\``;
  return `| \`${key}\` | ${kind.replaceAll("-", " ")} | ${usual} | ${unit} | ${doc} |`.replace(/ {2,}/g, " ");
}

test("has the headings that every part's README has", () => {
  const headings = [...readme.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  assert.deepEqual(headings, ["What it is", "Settings", "How to add a driver"]);
});

for (const name of driverNames)
  test(`documents ${name} and each of its settings as the driver defines them`, async () => {
    const driver = await loadDriver(name);
    const text = section(`### ${name}`);
    assert.ok(text.includes(driver.summary), `the section lacks: ${driver.summary}`);
    const own = driver.settings.filter((setting) => !byteStreamSettings.includes(setting));
    const rows = rowsOf(text);
    assert.deepEqual(rows, own.map(row));
    assert.equal(text.includes("(#byte-streams)"), own.length < driver.settings.length);
  });

test("documents the settings of byte streams as they are defined", () => {
  const rows = rowsOf(section("### Byte streams"));
  assert.deepEqual(rows, byteStreamSettings.map(row));
});
