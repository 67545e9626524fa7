import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Setting } from "../../model/setting.ts";
import * as actions from "./action-settings.ts";
import * as dialogue from "./dialogue-settings.ts";
import * as readings from "./reading-settings.ts";

const reference = readFileSync(new URL("../../../docs/instruments.md", import.meta.url), "utf8");

const tables: readonly [heading: string, settings: readonly Setting[]][] = [
  ["[instrument]", dialogue.instrumentSettings],
  ["[connection]", dialogue.connectionSettings],
  ["[identity]", dialogue.identitySettings],
  ["[errors]", dialogue.errorSettings],
  ["[readings.NAME] and [parameters.NAME]", readings.readingSettings],
  ["[axis]", actions.axisSettings],
  ["[axis.settle]", actions.settleSettings],
  ["[wavelength]", actions.wavelengthSettings],
  ["[shutter]", actions.shutterSettings],
  ["[emission]", actions.emissionSettings],
  ["[states]", actions.stateCommandSettings],
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
