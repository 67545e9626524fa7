import { nearestName } from "../toml/nearest-name.ts";
import type { Origin } from "../toml/origin.ts";
import type { Problems } from "../toml/problems.ts";
import { quoted } from "../toml/shortened.ts";
import type { CatalogFormat } from "./catalog.ts";

/** A compression and a level as one table gives them, each with its place. */
export type GivenCompression = {
  /** "[storage]", as messages begin. */
  readonly title: string;
  readonly compression: string | undefined;
  readonly compressionOrigin: Origin | undefined;
  readonly level: number | undefined;
  readonly levelOrigin: Origin | undefined;
};

/**
 * Checks codec and level of `[storage]` against the formats in use: at least one has to have the codec, and those that
 * have it have to take the level. `own`: what formats have in tables of their own, which goes before.
 */
export function checkSharedCompression(
  given: GivenCompression,
  formats: readonly CatalogFormat[],
  own: ReadonlyMap<string, GivenCompression>,
  problems: Problems,
): void {
  const { compression } = given;
  const having = formats.filter((format) => compression === undefined || has(format, compression));
  if (compression !== undefined && having.length === 0)
    for (const format of formats) complainOfCodec(given, compression, format, problems);
  // A level belongs to the codec beside it, so a format with a codec or a level of its own does not take this one.
  const meant = having.filter(({ name }) => {
    const { compression: ownCodec, level: ownLevel } = own.get(name) ?? {};
    return ownCodec === undefined && ownLevel === undefined;
  });
  checkLevel(
    given,
    meant.map((format) => ({ format, codec: compression ?? format.defaultCompression })),
    problems,
  );
}

/** Checks codec and level of one format's own table. `shared`: the codec of `[storage]`. */
export function checkOwnCompression(
  given: GivenCompression,
  format: CatalogFormat,
  shared: string | undefined,
  problems: Problems,
): void {
  const { compression } = given;
  if (compression !== undefined && !has(format, compression)) {
    complainOfCodec(given, compression, format, problems);
    return;
  }
  const inherited = shared !== undefined && has(format, shared) ? shared : format.defaultCompression;
  checkLevel(given, [{ format, codec: compression ?? inherited }], problems);
}

function has({ compressions }: CatalogFormat, codec: string): boolean {
  return compressions.includes(codec);
}

function complainOfCodec(
  { title, compressionOrigin }: GivenCompression,
  codec: string,
  { name, compressions }: CatalogFormat,
  problems: Problems,
): void {
  const nearest = nearestName(codec, compressions);
  const meant = nearest === undefined ? "" : `; did you mean ${quoted(nearest)}?`;
  const message = `${name} has no ${quoted(codec)}; it has: ${compressions.join(", ")}${meant}`;
  problems.add(compressionOrigin, `${title} compression`, message);
}

type FormatCodec = { readonly format: CatalogFormat; readonly codec: string };

function checkLevel(given: GivenCompression, meant: readonly FormatCodec[], problems: Problems): void {
  const { level, title, levelOrigin } = given;
  // 0 is off, whatever the codec.
  if (level === undefined || level === 0) return;
  const subject = `${title} compression_level`;
  const refused: string[] = [];
  for (const { format, codec } of meant) {
    const { name, maxCompressionLevel } = format;
    const max = Object.hasOwn(maxCompressionLevel, codec) ? maxCompressionLevel[codec] : undefined;
    if (max === undefined) refused.push(`${quoted(codec)} of ${name} takes no level${levelsOf(format)}`);
    else if (level > max)
      problems.add(
        levelOrigin,
        subject,
        `expected 0 (off) to ${max} for ${quoted(codec)} in ${name}, found ${level}`,
      );
  }
  // With no codec named, the level is for those formats whose own default takes one.
  if (given.compression === undefined && refused.length < meant.length) return;
  for (const refusal of refused)
    problems.add(levelOrigin, subject, `${refusal}; leave the level out, or 0 for off`);
}

function levelsOf({ maxCompressionLevel }: CatalogFormat): string {
  const levels = Object.entries(maxCompressionLevel).map(([codec, max]) => `${codec} 0 to ${max}`);
  return levels.length === 0 ? "" : ` (with a level: ${levels.join(", ")})`;
}
