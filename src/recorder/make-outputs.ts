import type { OpenSink } from "../bytes/byte-sink.ts";
import { openFileSink } from "../bytes/file-sink.ts";
import { throttled } from "../bytes/throttled-sink.ts";
import type { Run } from "../model/run.ts";
import { Output } from "./output.ts";
import type { RecorderOptions } from "./recorder-options.ts";
import { formatOf } from "./rotation/format-of.ts";

/** The outputs of a run, not yet opened; they share one write budget, which `unthrottled` lifts. */
export async function makeOutputs(
  options: RecorderOptions,
  run: Run,
  openSink: OpenSink = openFileSink,
  unthrottled?: AbortSignal,
): Promise<Output[]> {
  const open = throttled(openSink, options.maxWriteMbPerS, unthrottled);
  const place = { openSink: open, indexPath: options.indexPath, chunkSize: options.chunkSize };
  return Promise.all(
    options.outputs.map(async (output) => new Output(await formatOf(output), output, run, place)),
  );
}
