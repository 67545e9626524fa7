import { extensionIn } from "../formats/file-extension.ts";
import { DaqError } from "../model/errors.ts";
import { nearestName, suggestion } from "../toml/nearest-name.ts";
import { shortened } from "../toml/shortened.ts";
import { outputUrlProblem } from "./output-url.ts";

/** What `output_path` may name in braces. */
export const placeholders = ["experiment", "date", "time", "version", "ext"] as const;

type Placeholder = (typeof placeholders)[number];

export type OutputPathValues = {
  readonly experiment: string;
  readonly startedAt: Date;
  /** The format's, with its dot: ".arrow", ".csv.gz". */
  readonly extension: string;
  /** From 1; the caller counts up until none of the files exist. */
  readonly version: number;
  /** All that the format reads: a template that ends in another spelling of it (".hdf5") keeps that. */
  readonly extensions?: readonly string[];
};

/**
 * Extensions that mean a format of daq-storage, whether this version writes it or not: at the end of a template they
 * give way to that of the format which is written.
 */
const dataExtensions = [
  ".h5",
  ".hdf5",
  ".nxs",
  ".arrow",
  ".parquet",
  ".csv.gz",
  ".csv",
  ".zarr",
  ".jsonl",
] as const;

/** The extension at the end of the template that means a format; undefined when there is none. */
export function dataExtensionOf(template: string): string | undefined {
  return dataExtensions.find((extension) => hasExtension(template, extension));
}

/** What at the end of the template looks like an extension and is none of a format: it stays a part of the name. */
export function unknownExtensionOf(template: string): string | undefined {
  if (dataExtensionOf(template) !== undefined) return undefined;
  const name = template.slice(template.lastIndexOf("/") + 1);
  // Two letters at least: "run.v2" and "1.5V" are names.
  return /.(\.(?:[A-Za-z]{2,8}\d?|[A-Za-z]+\d[A-Za-z]+))$/.exec(name)?.[1];
}

/** Names of formats' extensions that are common elsewhere. */
const otherNames: { readonly [extension: string]: string } = {
  ".h5py": ".h5",
  ".hdf": ".h5",
  ".he5": ".h5",
  ".feather": ".arrow",
  ".ipc": ".arrow",
  ".pq": ".parquet",
  ".tsv": ".csv",
};

/** An extension that was probably meant to choose a format: in silence it would choose another one. */
function misspeltExtension(template: string): string | undefined {
  const extension = unknownExtensionOf(template);
  if (extension === undefined) return undefined;
  const meant = otherNames[extension.toLowerCase()] ?? nearestName(extension, dataExtensions);
  return meant === undefined
    ? undefined
    : `${extension} is no format's extension; did you mean ${meant}? To keep it as a part of the name, write ${extension}.{ext}`;
}

/** True when the template counts runs; without it an existing file is an error. */
export function hasVersion(template: string): boolean {
  return template.includes("{version}");
}

/**
 * The path of one format's output for one run. Throws `DaqError("config")` for a template that `templateProblem`
 * refuses. No value leaves the folder that the template names: each is made a plain part of a file name.
 */
export function outputPathFor(template: string, values: OutputPathValues): string {
  const problem = templateProblem(template);
  if (problem !== undefined)
    throw new DaqError("config", `output_path ${JSON.stringify(template)}: ${problem}`);
  const texts: Record<Placeholder, string> = {
    experiment: fileNamePart(values.experiment),
    date: localDate(values.startedAt),
    time: localTime(values.startedAt),
    version: String(values.version),
    ext: values.extension.replace(/^\./, ""),
  };
  // Before the values are in: an experiment called "a.csv" does not choose the format.
  const complete = template.endsWith(".{ext}") ? template : withExtension(template, values);
  return complete.replaceAll(/\{(\w+)\}/g, (_, name: Placeholder) => texts[name]);
}

/** What is wrong with a template, or undefined. */
export function templateProblem(template: string): string | undefined {
  if (template.trim() === "") return "expected the path of a file";
  if (/\p{Cc}/u.test(template)) return "a path must not contain control characters";
  const urlProblem = outputUrlProblem(template);
  if (urlProblem !== undefined) return urlProblem;
  if (template.startsWith("~"))
    return '"~" is not replaced by the home folder here; write the folder in full, or ./~ for a name that begins so';
  for (const [, name] of template.matchAll(/\{([^{}]*)\}/g)) {
    if (!(placeholders as readonly string[]).includes(name!))
      return `unknown placeholder {${shortened(name!)}}; ${suggestion(name!, placeholders, (known) => `{${known}}`)}`;
  }
  if (/[{}]/.test(template.replaceAll(/\{\w+\}/g, "")))
    return "a brace without its partner; braces are for placeholders only";
  if (/(^|\/)\.{0,2}$/.test(template)) return "this is a folder; expected the path of a file";
  return misspeltExtension(template);
}

function hasExtension(path: string, extension: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.length > extension.length && extensionIn(name, [extension]) !== undefined;
}

function withExtension(path: string, { extension, extensions = [] }: OutputPathValues): string {
  // A compressed file must not carry the name of a plain one, nor the other way round.
  const sameKind = (other: string): boolean => other.endsWith(".gz") === extension.endsWith(".gz");
  const kept = [extension, ...extensions.filter(sameKind)];
  if (kept.some((known) => hasExtension(path, known))) return path;
  const replaced = [...extensions, ...dataExtensions]
    .filter((known) => hasExtension(path, known))
    .sort((a, b) => b.length - a.length)[0];
  return (replaced === undefined ? path : path.slice(0, -replaced.length)) + extension;
}

// With date, time, version, a stream's name (100) and the extension this stays below the 255 bytes of a file name.
const longestPartBytes = 100;

/** A name as a part of a file name: no separators, no "..", no leading dot, nothing that Windows refuses. */
function fileNamePart(name: string): string {
  const plain = name
    .normalize("NFC")
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\:*?"<>|{}]/gu, "_")
    .replaceAll(/\.{2,}/g, "_")
    .trim()
    .replace(/^\./, "_");
  const cut = firstBytes(plain, longestPartBytes).replace(/[. ]+$/, "");
  return cut === "" ? "experiment" : cut;
}

/** As many whole characters as fit into that many bytes of UTF-8. */
function firstBytes(text: string, bytes: number): string {
  let left = bytes;
  let end = 0;
  for (const character of text) {
    left -= new TextEncoder().encode(character).byteLength;
    if (left < 0) break;
    end += character.length;
  }
  return text.slice(0, end);
}

function localDate(at: Date): string {
  return [padded(at.getFullYear(), 4), padded(at.getMonth() + 1, 2), padded(at.getDate(), 2)].join("-");
}

function localTime(at: Date): string {
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => padded(part, 2)).join("-");
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}
