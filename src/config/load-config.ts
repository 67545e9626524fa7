import { driverNames, loadDriver } from "../devices/registry.ts";
import { formatNames, loadFormat } from "../formats/registry.ts";
import type { ConfigTable } from "../toml/config-value.ts";
import { parseTomlDocument } from "../toml/toml-document.ts";
import type { DriverCatalog, FormatCatalog } from "./catalog.ts";
import type { LoadedConfig } from "./config.ts";
import { readConfigFile } from "./config-file.ts";
import { dataExtensionOf } from "./output-path.ts";
import type { Flags } from "./overrides.ts";
import { resolveConfig } from "./resolve-config.ts";
import { simulatedDefault, simulatedDevices } from "./simulated-default.ts";

export type LoadConfigOptions = {
  /** The TOML file. Without it (and without `text`) the built-in simulated devices are recorded. */
  readonly path?: string;
  /** The content instead of the file's; `path` then is its name in messages. */
  readonly text?: string;
  /** `process.env`; `DAQ_STORAGE_…`, `DAQ_RING_BUFFER_…` and `DAQ_EXPERIMENT_…` override the file. */
  readonly env: { readonly [variable: string]: string | undefined };
  /** By dotted key; they override the environment. */
  readonly flags: Flags;
  /** How a flag is spelled where it is not `--` and the last part of its dotted key. */
  readonly flagNames?: { readonly [dottedKey: string]: string };
  readonly formats?: FormatCatalog;
  readonly drivers?: DriverCatalog;
};

/**
 * Reads, joins and checks a configuration: defaults, then the file, then the environment, then flags. Throws one
 * `DaqError("config")` that lists every problem with its place; `cause` is the list as `ConfigProblem[]`.
 */
export async function loadConfig(options: LoadConfigOptions): Promise<LoadedConfig> {
  const { path, env, flags, flagNames = {} } = options;
  const {
    formats = { names: formatNames, load: loadFormat },
    drivers = { names: driverNames, load: loadDriver },
  } = options;
  const text = options.text ?? (path === undefined ? undefined : await readConfigFile(path));
  const name = path ?? (text === undefined ? undefined : "configuration");
  const document = text === undefined ? withoutFile(env, flags) : parseTomlDocument(text, name ?? "");
  return resolveConfig({ document, path: name, environment: env, flags, flagNames, formats, drivers });
}

/** Who names a format, or a file that has one's extension, wants that and nothing else. */
function withoutFile(env: LoadConfigOptions["env"], flags: Flags): ConfigTable {
  const format = flags["storage.format"] ?? env.DAQ_STORAGE_FORMAT;
  const path = flags["storage.output_path"] ?? env.DAQ_STORAGE_OUTPUT_PATH;
  const hasExtension = typeof path === "string" && dataExtensionOf(path) !== undefined;
  return format === undefined && !hasExtension ? simulatedDefault : simulatedDevices;
}
