import type { FormatName } from "../formats/contract.ts";
import type { CatalogFormat, FormatCatalog } from "./catalog.ts";
import { nearestName } from "./nearest-name.ts";
import type { Origin } from "./origin.ts";
import { dataExtensionOf } from "./output-path.ts";
import type { Problems } from "./problems.ts";
import { quoted } from "./shortened.ts";

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

/** A compression and a level as they were given, each with its place. */
export type GivenCompression = {
  readonly compression: string | undefined;
  readonly compressionOrigin: Origin | undefined;
  readonly level: number | undefined;
  readonly levelOrigin: Origin | undefined;
};

/** Checks the codec and its level against every format in use. */
export function checkCompression(
  given: GivenCompression,
  formats: ReadonlyMap<string, CatalogFormat>,
  problems: Problems,
): void {
  if (given.compression !== undefined && !checkCodec(given.compression, given, formats, problems)) return;
  checkLevel(given, formats, problems);
}

function checkCodec(
  codec: string,
  given: GivenCompression,
  formats: ReadonlyMap<string, CatalogFormat>,
  problems: Problems,
): boolean {
  let fits = true;
  for (const [name, { compressions }] of formats) {
    if (compressions.includes(codec)) continue;
    fits = false;
    const nearest = nearestName(codec, compressions);
    const meant = nearest === undefined ? "" : `; did you mean ${quoted(nearest)}?`;
    const message = `${name} has no ${quoted(codec)}; it has: ${compressions.join(", ")}${meant}`;
    problems.add(given.compressionOrigin, "[storage] compression", message);
  }
  return fits;
}

function checkLevel(
  given: GivenCompression,
  formats: ReadonlyMap<string, CatalogFormat>,
  problems: Problems,
): void {
  const { compression, level } = given;
  // 0 is off, whatever the codec.
  if (level === undefined || level === 0) return;
  const refused: string[] = [];
  for (const [name, format] of formats) {
    const codec = compression ?? format.defaultCompression;
    const max = Object.hasOwn(format.maxCompressionLevel, codec)
      ? format.maxCompressionLevel[codec]
      : undefined;
    if (max !== undefined && level <= max) continue;
    if (max === undefined) refused.push(`${quoted(codec)} of ${name} takes no level${levelsOf(format)}`);
    else {
      const message = `expected 0 (off) to ${max} for ${quoted(codec)} in ${name}, found ${level}`;
      problems.add(given.levelOrigin, "[storage] compression_level", message);
    }
  }
  // With no codec named, the level is for those formats whose own default takes one.
  if (compression === undefined && refused.length < formats.size) return;
  for (const refusal of refused)
    problems.add(
      given.levelOrigin,
      "[storage] compression_level",
      `${refusal}; leave the level out, or 0 for off`,
    );
}

function levelsOf({ maxCompressionLevel }: CatalogFormat): string {
  const levels = Object.entries(maxCompressionLevel).map(([codec, max]) => `${codec} 0 to ${max}`);
  return levels.length === 0 ? "" : ` (with a level: ${levels.join(", ")})`;
}
