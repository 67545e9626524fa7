import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { OpenSink } from "../bytes/byte-sink.ts";
import { DaqError } from "../model/errors.ts";
import type { RunEnding } from "../model/ledger.ts";
import type { Run } from "../model/run.ts";
import type { RingReader } from "../ring/ring-reader.ts";
import { Journal } from "./journal.ts";
import type { CheckpointLine, JournalContent, JournalHead } from "./journal-lines.ts";
import { lossPaths } from "./loss-file.ts";
import { makeOutputs } from "./make-outputs.ts";
import { makeFolder, plannedFiles, removeFreshFiles } from "./planned-files.ts";
import type { RecorderOptions } from "./recorder-options.ts";
import { RunFiles } from "./run-files.ts";

export type OpenHooks = {
  /** Replaces how files are opened: tests break it. */
  readonly openSink?: OpenSink;
  /** Something that a person should look at while the recording goes on. */
  readonly onWarning?: (message: string) => void;
};

export type OpenRunFiles = {
  readonly files: RunFiles;
  /** They were there already, of this run before a crash. */
  readonly resumed: boolean;
  /** How the run ended, where that was read before the crash. */
  readonly endingBefore?: RunEnding | undefined;
};

/**
 * Makes the files of the ring's run, or opens them where its journal left them and puts the reader there. Throws
 * `DaqError` and leaves nothing open; the reader stays the caller's.
 */
export async function openRunFiles(
  options: RecorderOptions,
  reader: RingReader,
  hooks: OpenHooks,
): Promise<OpenRunFiles> {
  const found = await Journal.reopen(options.indexPath);
  return found === undefined ? start(options, reader, hooks) : goOn(options, reader, found, hooks);
}

async function start(options: RecorderOptions, reader: RingReader, hooks: OpenHooks): Promise<OpenRunFiles> {
  const info = reader.run;
  if (info === undefined)
    throw new DaqError("ring", `${options.ringPath} does not describe its run yet.`, {
      hint: "Describe the run before recorders start.",
    });
  const run: Run = { info, streams: reader.streams };
  // Before the journal is made: from then on, files at these paths are this run's.
  const planned = (await plannedFiles(options, run.streams)).map((file) => file.path);
  for (const path of [...planned, ...lossPaths(options)]) {
    if (existsSync(path))
      throw new DaqError("path", `${path} exists already; existing files are never overwritten.`, {
        hint: "Choose another output_path, or put {version} into it, which counts up.",
      });
  }
  await makeFolder(dirname(options.indexPath));
  const journal = await Journal.create({ journal: 1, ringUid: reader.runUid, options, run });
  const unthrottled = new AbortController();
  const outputs = await makeOutputs(options, run, hooks.openSink, unthrottled.signal);
  const { onWarning } = hooks;
  const files = new RunFiles({ options, run, outputs, journal, unthrottled, onWarning });
  await files.create();
  return { files, resumed: false };
}

/** With the lock of a journal that was there: of this run before a crash, or of another one. */
async function goOn(
  options: RecorderOptions,
  reader: RingReader,
  { journal, content }: { readonly journal: Journal; readonly content: JournalContent },
  hooks: OpenHooks,
): Promise<OpenRunFiles> {
  try {
    if (content.head.ringUid !== reader.runUid)
      throw new DaqError("path", `${journal.path} belongs to another run.`, {
        hint: "If that run does not go on, run `daq recover` on it; or choose another output_path.",
      });
    if (content.last !== undefined)
      return await resume(options, reader, journal, content.head, content.last, hooks);
    // Killed before the first checkpoint.
    await removeFreshFiles(content);
  } catch (error) {
    await journal.close();
    throw error;
  }
  await journal.remove();
  return start(options, reader, hooks);
}

async function resume(
  options: RecorderOptions,
  reader: RingReader,
  journal: Journal,
  { options: headOptions, run }: JournalHead,
  last: CheckpointLine,
  { openSink, onWarning }: OpenHooks,
): Promise<OpenRunFiles> {
  const unthrottled = new AbortController();
  // The limit is of who records now: `daq recover` has none.
  const { maxWriteMbPerS: _limit, ...stored } = headOptions;
  const limit = options.maxWriteMbPerS === undefined ? {} : { maxWriteMbPerS: options.maxWriteMbPerS };
  const outputs = await makeOutputs({ ...stored, ...limit }, run, openSink, unthrottled.signal);
  const files = new RunFiles({ options, run, outputs, journal, unthrottled, onWarning });
  await files.resume(last);
  reader.seek(last.cursor, last.nextSequences);
  return { files, resumed: true, endingBefore: last.ending };
}
