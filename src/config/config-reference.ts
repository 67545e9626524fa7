import type { Setting } from "../model/setting.ts";
import { expectation } from "../toml/check-setting.ts";
import { tomlText } from "./describe-config.ts";
import { deviceSettings } from "./device-settings.ts";
import {
  formatStorageSettings,
  parquetStorageSettings,
  zarrStorageSettings,
} from "./format-storage-settings.ts";
import { plainTables } from "./overrides.ts";

/** A driver whose own keys the reference is to list. */
export type ReferenceDriver = {
  readonly name: string;
  readonly summary: string;
  readonly settings: readonly Setting[];
};

const ofFormat =
  "What one format has otherwise, such as `[storage.csv]`. A table of a format that is not in use does nothing.";

/** The reference of all keys in Markdown, from their definitions; `docs/configuration.md` carries it. */
export function configReference(drivers: readonly ReferenceDriver[] = []): string {
  const sections = [
    ...Object.entries(plainTables).flatMap(([table, settings]) => [
      section(`\`[${table}]\``, settings),
      ...(table === "storage"
        ? [
            section("`[storage.FORMAT]`", formatStorageSettings, ofFormat),
            section("`[storage.zarr]`", zarrStorageSettings, "What Zarr has besides."),
            section("`[storage.parquet]`", parquetStorageSettings, "What Parquet has besides."),
          ]
        : []),
    ]),
    section("`[[devices]]`", deviceSettings),
    ...drivers.map(({ name, summary, settings }) => section(`Driver \`${name}\``, settings, summary)),
  ];
  return `${sections.join("\n\n")}\n`;
}

function section(title: string, settings: readonly Setting[], summary?: string): string {
  const head = [`### ${title}`, "", ...(summary === undefined ? [] : [summary, ""])];
  if (settings.length === 0) return [...head, "No keys of its own."].join("\n");
  const rows = settings.map((setting) => {
    const { key, doc, required, default: value } = setting;
    const standard = required === true ? "required" : value === undefined ? "" : `\`${tomlText(value)}\``;
    return `| \`${key}\` | ${cell(expectation(setting))} | ${cell(standard)} | ${cell(exampleDoc(doc, setting))} |`;
  });
  return [...head, "| key | value | default | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

function exampleDoc(doc: string, { key, example }: Setting): string {
  return example === undefined ? doc : `${doc} Example: \`${key} = ${example}\`.`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");
}
