import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { formatOptionsFor } from "../config/format-options.ts";
import { hasVersion, outputPathFor } from "../config/output-path.ts";
import { localTemplate } from "../config/output-url.ts";
import type { Format } from "../formats/contract.ts";
import { extensionIn } from "../formats/file-extension.ts";
import { loadFormat } from "../formats/registry.ts";
import { DaqError } from "../model/errors.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { lossPaths } from "../recorder/loss-file.ts";
import { plannedFiles } from "../recorder/planned-files.ts";
import { journalPath, type OutputOptions } from "../recorder/recorder-options.ts";
import { uploadJournalEnd, uploadJournalName } from "../upload/upload-source.ts";
import { interruptedFolder, onlyRecordOf } from "./set-aside-folders.ts";

export type OutputPlan = {
  readonly outputs: readonly OutputOptions[];
  readonly indexPath: string;
  /** What stands for `{version}` in the paths. */
  readonly version: number;
  /** Names of files that others write beside the index. */
  readonly beside: readonly string[];
};

export type PlanOptions = {
  /** The lowest that `{version}` may stand for. Default: 1. */
  readonly firstVersion?: number;
  /** Ends of the names of further files that belong to the run. */
  readonly besideEndings?: readonly string[];
  /** `firstVersion` is that of a run that goes on, whose record may have been set aside. */
  readonly goesOn?: boolean;
};

/** A device's streams, and the formats they go to. */
export type DeviceStreams = {
  readonly formats: readonly string[];
  readonly streams: readonly StreamSchema[];
};

/** What the usual file systems take. */
const longestNameBytes = 255;
const temporaryBytes = ".".length + ".ballast".length;

/** More runs of one name than this in one second, or in one folder, mean that something else is wrong. */
const maxVersion = 100_000;

/**
 * Decides every path of a run before anything is made. Throws `DaqError("config")` for what a format cannot hold,
 * `DaqError("path")` when a file is there already and the path does not count versions.
 */
export async function planOutputs(
  config: Config,
  devices: readonly DeviceStreams[],
  startedAt: Date,
  { firstVersion = 1, besideEndings = [], goesOn = false }: PlanOptions = {},
): Promise<OutputPlan> {
  const names = [...new Set(devices.flatMap((device) => device.formats))];
  const streams = devices.flatMap((device) => device.streams);
  const formats = await Promise.all(names.map(loadFormat));
  for (const { formats: wanted, streams: own } of devices)
    for (const format of formats.filter(({ name }) => wanted.includes(name))) refuse(format, own);
  for (let version = firstVersion; version <= maxVersion; version++) {
    const planned = planVersion(config, devices, formats, startedAt, version);
    const plan = {
      ...planned,
      beside: besideEndings.map((ending) => basename(stemOf(planned.indexPath)) + ending),
    };
    const isOwn = goesOn && version === firstVersion;
    const paths = await allPaths(plan, streams);
    checkNames(paths);
    const taken =
      paths.find((path) => existsSync(path)) ?? (isOwn ? undefined : await onlyRecordOf(plan.indexPath));
    if (taken === undefined) return plan;
    if (!hasVersion(config.storage.outputPath)) throw exists(taken);
  }
  throw new DaqError(
    "path",
    `output_path ${config.storage.outputPath}: ${maxVersion} versions exist already.`,
    {
      hint: "Choose another output_path.",
    },
  );
}

function refuse(format: Format, streams: readonly StreamSchema[]): void {
  for (const stream of streams) {
    const refusal = format.refusal(stream);
    if (refusal !== undefined)
      throw new DaqError("config", refusal, {
        hint: "Set `format` for this device in its [[devices]] table.",
      });
  }
}

function planVersion(
  config: Config,
  devices: readonly DeviceStreams[],
  formats: readonly Format[],
  startedAt: Date,
  version: number,
): Omit<OutputPlan, "beside"> {
  const isOneOfSeveral = devices.flatMap((device) => device.streams).length > 1;
  let indexPath: string | undefined;
  const outputs = formats.map((format): OutputOptions => {
    const options = formatOptionsFor(config.storage, format);
    const names = devices
      .filter((device) => device.formats.includes(format.name))
      .flatMap((device) => device.streams.map((stream) => stream.name));
    const base = outputPathFor(
      localTemplate(config.storage.outputPath, config.storage.spool?.path ?? "spool"),
      {
        experiment: config.experiment.name,
        startedAt,
        extension: format.extension(options),
        extensions: format.extensions,
        version,
      },
    );
    const extension = extensionIn(base, format.extensions) ?? "";
    const stem = base.slice(0, base.length - extension.length);
    indexPath ??= `${stem}.run.json`;
    // One stream of several has its name in the file's, as it has where this format takes them all.
    const path = names.length === 1 && isOneOfSeveral ? `${stem}.${names[0]}${extension}` : base;
    return { format: format.name, path, streams: names, options, ...rotationOf(config.storage) };
  });
  return { outputs, indexPath: indexPath!, version };
}

/** What `{version}` has to be for the index of a run to have this path; undefined when this configuration gives it none. */
export async function versionOf(
  config: Config,
  devices: readonly DeviceStreams[],
  startedAt: Date,
  indexPath: string,
): Promise<number | undefined> {
  const names = [...new Set(devices.flatMap((device) => device.formats))];
  const formats = await Promise.all(names.map(loadFormat));
  const most = hasVersion(config.storage.outputPath) ? maxVersion : 1;
  for (let version = 1; version <= most; version++)
    if (isSamePath(planVersion(config, devices, formats, startedAt, version).indexPath, indexPath))
      return version;
  return undefined;
}

/** Also where one of the folders is reached by a link. */
function isSamePath(one: string, other: string): boolean {
  if (basename(one) !== basename(other)) return false;
  return resolve(one) === resolve(other) || realFolderOf(one) === realFolderOf(other);
}

function realFolderOf(path: string): string {
  const folder = dirname(resolve(path));
  return existsSync(folder) ? realpathSync(folder) : folder;
}

function rotationOf({ rotateMb, rotateSeconds }: Config["storage"]): Pick<OutputOptions, "rotate"> {
  if (rotateMb === undefined && rotateSeconds === undefined) return {};
  return {
    rotate: {
      ...(rotateMb === undefined ? {} : { bytes: rotateMb * 1e6 }),
      ...(rotateSeconds === undefined ? {} : { seconds: rotateSeconds }),
    },
  };
}

/** A name that no file system takes would be an error of the system's, from the first of the files that has it. */
function checkNames(paths: readonly string[]): void {
  for (const name of paths.flatMap((path) => path.split("/"))) {
    const bytes = Buffer.byteLength(name);
    // Files are made under a temporary name beside it: `.NAME.ballast`, `NAME.tmp`.
    if (bytes <= longestNameBytes - temporaryBytes) continue;
    throw new DaqError(
      "path",
      `The name ${JSON.stringify(`${name.slice(0, 40)}…${name.slice(-30)}`)} has ${bytes} bytes; a file or folder of a run has ${longestNameBytes - temporaryBytes} at most.`,
      { hint: "Shorten output_path." },
    );
  }
}

async function allPaths(plan: OutputPlan, streams: readonly StreamSchema[]): Promise<string[]> {
  const files = await plannedFiles(plan, streams);
  const { indexPath } = plan;
  const upload = uploadJournalName(stemOf(indexPath));
  const beside = plan.beside.map((name) => join(dirname(indexPath), name));
  return [
    ...files.map((file) => file.path),
    ...lossPaths(plan),
    ...beside,
    indexPath,
    journalPath(indexPath),
    upload,
  ];
}

function stemOf(indexPath: string): string {
  return indexPath.replace(/\.run\.json$/, "");
}

function exists(path: string): DaqError {
  if (interruptedFolder.test(path))
    return new DaqError(
      "path",
      `${path} has the only record of a run with these names: what took it up was interrupted as well.`,
      {
        hint: "Go on with it (`daq run PLAN --resume` and one of its files), or choose another output_path.",
      },
    );
  if (path.endsWith(".journal.jsonl"))
    return new DaqError("path", `${path} exists: a run to this path goes on, or a crash left it.`, {
      hint: `If it does not go on, \`daq recover ${path}\` completes its files. Or choose another output_path.`,
    });
  if (path.endsWith(uploadJournalEnd))
    return new DaqError("path", `${path} exists: a run of this name was recorded here and went to a store.`, {
      hint: `If not all of it is there, \`daq upload ${path}\` brings the rest. Or choose another output_path.`,
    });
  return new DaqError("path", `${path} exists already; existing files are never overwritten.`, {
    hint: "Choose another output_path, or put {version} into it, which counts up.",
  });
}
