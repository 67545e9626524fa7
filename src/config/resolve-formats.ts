import type { FormatName } from "../formats/contract.ts";
import { nearestName } from "../toml/nearest-name.ts";
import { quoted } from "../toml/shortened.ts";
import type { FormatCatalog } from "./catalog.ts";
import { dataExtensionOf } from "./output-path.ts";

/** What `format = "both"` stands for. */
const both = ["hdf5", "arrow"] as const;

const formatOfLastResort = "arrow";

/** The formats that a `format` key names; undefined, and a problem, when one of them is not there. */
export function namedFormats(
  value: string | readonly string[],
  catalog: FormatCatalog,
  complain: (problem: string) => void,
): readonly FormatName[] | undefined {
  const written = typeof value === "string" ? [value] : value;
  if (written.length === 0) {
    complain(`expected at least one format; ${available(catalog)}`);
    return undefined;
  }
  const names: FormatName[] = [];
  let wrong = false;
  for (const name of written.flatMap((item) => (item === "both" ? both : [item]))) {
    const problem = formatProblem(name, written, catalog);
    if (problem !== undefined) {
      complain(problem);
      wrong = true;
    } else if (names.includes(name as FormatName)) {
      complain(`${quoted(name)} is named twice`);
      wrong = true;
    } else names.push(name as FormatName);
  }
  return wrong ? undefined : names;
}

function formatProblem(name: string, written: readonly string[], catalog: FormatCatalog): string | undefined {
  if (catalog.names.includes(name)) return undefined;
  if (written.includes("both") && !written.includes(name))
    return `"both" is ${both.join(" and ")}, and the format ${quoted(name)} is not available; ${available(catalog)}`;
  const nearest = nearestName(name, catalog.names);
  const meant = nearest === undefined ? "" : `did you mean ${quoted(nearest)}? `;
  return `there is no format ${quoted(name)}; ${meant}${available(catalog)}`;
}

function available(catalog: FormatCatalog): string {
  return `available formats: ${catalog.names.join(", ")}`;
}

/** The format for a configuration that names none: the one whose extension the output path has. */
export async function formatOfTemplate(
  template: string,
  catalog: FormatCatalog,
  complain: (problem: string) => void,
): Promise<readonly FormatName[] | undefined> {
  const extension = dataExtensionOf(template);
  if (extension === undefined) return [formatOfLastResort];
  for (const name of catalog.names) {
    const { extensions } = await catalog.load(name);
    if (extensions.includes(extension)) return [name as FormatName];
  }
  complain(`no format writes ${extension} files; ${available(catalog)}`);
  return undefined;
}
