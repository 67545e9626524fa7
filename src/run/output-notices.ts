import type { Config } from "../config/config.ts";
import { compressionNotices, formatOptionsFor } from "../config/format-options.ts";
import { unknownExtensionOf } from "../config/output-path.ts";
import { loadFormat } from "../formats/registry.ts";
import type { DeviceStreams } from "./output-plan.ts";

/**
 * What a person should know of the files before the run, in sentences: a format that is written otherwise than
 * `compression` says, a codec that readers need a plugin for, a stream that suits another format better, an extension that means nothing.
 */
export async function outputNotices(
  { storage, devices }: Config,
  sources: readonly DeviceStreams[],
): Promise<string[]> {
  const names = [...new Set(devices.flatMap((device) => device.formats))];
  const formats = await Promise.all(names.map(loadFormat));
  const ofFormats = formats.flatMap((format) => format.notice?.(formatOptionsFor(storage, format)) ?? []);
  const ofStreams = sources.flatMap(({ formats: wanted, streams }) =>
    formats
      .filter(({ name }) => wanted.includes(name))
      .flatMap((format) => streams.flatMap((stream) => format.streamNotice?.(stream) ?? [])),
  );
  const known = formats.flatMap((format) => format.extensions);
  return [
    ...compressionNotices(storage, formats),
    ...ofFormats,
    ...ofStreams,
    ...extensionNotice(storage.outputPath, known),
  ];
}

function extensionNotice(template: string, known: readonly string[]): string[] {
  const extension = unknownExtensionOf(template);
  if (extension === undefined) return [];
  return [
    `output_path ends in ${extension}, which is no format's extension: it is kept as a part of the name, and ${known.join(" or ")} is added.`,
  ];
}
