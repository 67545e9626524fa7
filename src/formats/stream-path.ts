import type { StreamSchema } from "../model/stream-schema.ts";
import { extensionIn } from "./file-extension.ts";

/**
 * One file per stream: a single stream gets exactly `path`; several get `stem.STREAM.ext`. `extension` starts with a
 * dot and may have two parts (".csv.gz"); `path` ends with it.
 */
export function streamPath(
  path: string,
  extension: string,
  streams: readonly StreamSchema[],
  stream: string,
): string {
  if (streams.length === 1) return path;
  const written = extensionIn(path, [extension]) ?? "";
  const stem = path.slice(0, path.length - written.length);
  return `${stem}.${stream}${written === "" ? extension : written}`;
}
