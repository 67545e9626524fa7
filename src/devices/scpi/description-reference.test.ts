import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Setting } from "../../model/setting.ts";
import * as settings from "./description-settings.ts";

const reference = readFileSync(new URL("../../../docs/instruments.md", import.meta.url), "utf8");

const tables: readonly [heading: string, settings: readonly Setting[]][] = [
  ["[instrument]", settings.instrumentSettings],
  ["[connection]", settings.connectionSettings],
  ["[identity]", settings.identitySettings],
  ["[errors]", settings.errorSettings],
  ["[readings.NAME] and [parameters.NAME]", settings.readingSettings],
  ["[axis]", settings.axisSettings],
  ["[axis.settle]", settings.settleSettings],
  ["[wavelength]", settings.wavelengthSettings],
  ["[shutter]", settings.shutterSettings],
  ["[emission]", settings.emissionSettings],
  ["[states]", settings.stateCommandSettings],
];

function rowsBelow(heading: string): string[] {
  const [, after = ""] = reference.split(`\n### ${heading}\n`);
  const [section = ""] = after.split(/^#/m);
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((line) => line.replace(/ {2,}/g, " "));
}

function row({ key, kind, required, default: value, unit = "", doc }: Setting): string {
  const usual = required ? "required" : value === undefined ? "–" : `\`${JSON.stringify(value)}\``;
  return `| \`${key}\` | ${kind.replaceAll("-", " ")} | ${usual} | ${unit} | ${doc} |`.replace(/ {2,}/g, " ");
}

for (const [heading, defined] of tables)
  test(`docs/instruments.md documents ${heading} as it is defined`, () =>
    assert.deepEqual(rowsBelow(heading), defined.map(row)));

test("docs/instruments.md documents no other tables", () => {
  const [, part = ""] = reference.split("\n## Tables of a description\n");
  const headings = [...part.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
  assert.deepEqual(
    headings,
    tables.map(([heading]) => heading),
  );
});
