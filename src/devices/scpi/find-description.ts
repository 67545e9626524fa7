import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { DaqError, systemCode } from "../../model/errors.ts";
import { suggestion } from "../../toml/nearest-name.ts";
import { quoted } from "../../toml/shortened.ts";
import type { Description } from "./description.ts";
import { parseDescription } from "./parse-description.ts";

/** From `src/devices/scpi` as from `dist/devices/scpi`. */
const shipped = resolve(import.meta.dirname, "../../../devices/descriptions");

export const descriptionEnding = ".toml";

const largestBytes = 1024 * 1024;

/** The descriptions that come with the package: "newport.1830-c". */
export function shippedDescriptions(): readonly string[] {
  return readdirSync(shipped)
    .filter((name) => name.endsWith(descriptionEnding))
    .map((name) => name.slice(0, -descriptionEnding.length))
    .sort();
}

/** What is wrong with the name of a description, or undefined; a path is looked at later. */
export function descriptionProblem(name: string): string | undefined {
  const names = shippedDescriptions();
  if (name.endsWith(descriptionEnding) || names.includes(name)) return undefined;
  return `there is no description ${quoted(name)}; ${suggestion(name, names, quoted)} One of your own is the path of a file that ends in ${descriptionEnding}`;
}

/** The shipped description of that name, or the file at that path. Throws `DaqError("config")`. */
export function findDescription(name: string): Description {
  const problem = descriptionProblem(name);
  if (problem !== undefined) throw new DaqError("config", problem, { hint: "Correct `description`." });
  const path = name.endsWith(descriptionEnding) ? name : resolve(shipped, `${name}${descriptionEnding}`);
  return parseDescription(readText(path), path);
}

function readText(path: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const reason =
      systemCode(cause) === "ENOENT"
        ? "there is no such file"
        : `reading failed: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new DaqError("config", `${path}: ${reason}.`, {
      hint: "Correct `description`; a path is looked for beside the configuration.",
      cause,
    });
  }
  if (bytes.byteLength > largestBytes)
    throw new DaqError("config", `${path}: expected a description of at most 1 MiB; this file is larger.`);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DaqError("config", `${path}: not UTF-8 text.`, { hint: "Save the file as UTF-8.", cause });
  }
}
