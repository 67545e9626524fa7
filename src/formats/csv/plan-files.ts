import { DaqError } from "../../model/errors.ts";
import { parseStreamSchema, type StreamSchema } from "../../model/stream-schema.ts";
import type { OutputFile } from "../contract.ts";
import { extensionIn } from "../file-extension.ts";
import { streamPath } from "../stream-path.ts";
import { refusal } from "./fields.ts";
import { sidecarPath } from "./sidecar.ts";

export const plainExtension = ".csv";
export const gzipExtension = ".csv.gz";

/** Each stream's CSV file and sidecar. Throws `DaqError("format")` for a stream that CSV cannot hold. */
export function planFiles(path: string, streams: readonly StreamSchema[]): readonly OutputFile[] {
  const extension = extensionIn(path, [gzipExtension]) === undefined ? plainExtension : gzipExtension;
  return streams.flatMap((stream) => {
    const problem = refusal(stream);
    if (problem !== undefined)
      throw new DaqError("format", problem, { hint: 'Set storage.format to "arrow".' });
    parseStreamSchema(stream);
    const file = streamPath(path, extension, streams, stream.name);
    return [
      { path: file, streams: [stream.name] },
      { path: sidecarPath(file), streams: [] },
    ];
  });
}
