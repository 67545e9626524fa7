import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { toJson } from "../../src/model/metadata.ts";

const python = process.env.PYTHON ?? "python3";
const script = join(import.meta.dirname, "event_model_schemas.py");

/** The schemas of the event model: `EVENT_MODEL_SCHEMAS`, or beside the checkout. */
const folder =
  process.env.EVENT_MODEL_SCHEMAS ?? resolve(import.meta.dirname, "../../../shared/schemas/event-model");

/** Why documents cannot be validated here; false when they can. */
export function withoutSchemas(): string | false {
  if (!existsSync(join(folder, "run_start.json")))
    return "the event model's JSON schemas are not here (EVENT_MODEL_SCHEMAS names their folder)";
  if (spawnSync(python, ["-c", "import jsonschema"]).status !== 0)
    return `${python} has no jsonschema; set PYTHON to one that has`;
  return false;
}

export type Validation = {
  /** Documents by name. */
  readonly checked: { readonly [name: string]: number };
  readonly problems: readonly string[];
};

/** Validates with Python's jsonschema: another reader, and another program's idea of the schemas. */
export function validateWithSchemas(documents: readonly { name: string; doc: unknown }[]): Validation {
  const input = documents.map((document) => `${toJson(document)}\n`).join("");
  const { status, stdout, stderr } = spawnSync(python, [script, folder], { input, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Validation;
}
