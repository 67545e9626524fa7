import { DaqError } from "../model/errors.ts";
import { readJournal } from "./journal-lines.ts";
import { makeOutputs } from "./make-outputs.ts";
import { nowText } from "./output.ts";
import { type RunEnd, type RunIndex, writeRunIndex } from "./run-index.ts";

/**
 * Closes the files of a run at the last line of its journal, so that they can be read, and writes the index. The
 * journal stays the caller's. `produced`: what the sources made, for each stream; what the files do not hold of it
 * counts as lost. Without it nobody knows (the ring is gone), and the ledger says that it is not complete.
 */
export async function closeAtLastCheckpoint(
  journal: string,
  produced: readonly number[] | undefined,
  failure: DaqError | undefined,
): Promise<RunIndex> {
  const content = await readJournal(journal);
  const last = content?.last;
  if (content === undefined || last === undefined)
    throw new DaqError("format", `${journal} has no checkpoint: nothing was stored.`);
  const { options, run } = content.head;
  const reason = failure?.code === "disk-full" ? "disk-full" : "writer-failed";
  const detail = failure === undefined ? {} : { detail: failure.message };
  const notes = [
    produced === undefined
      ? "Recovered after a crash, without the ring: what was produced after the last checkpoint is not known."
      : "The run ended early. `daq recover` on this file adds what is still in the ring.",
  ];
  const outputs = await makeOutputs(options, run);
  for (const [index, output] of outputs.entries()) {
    output.ending = last.ending;
    try {
      await output.resume(last.outputs[index]!);
      for (const [number, stream] of run.streams.entries()) {
        const first = last.nextSequences[number] ?? 0;
        const count = (produced?.[number] ?? first) - first;
        output.lose(stream.name, { first, count, reason, atNs: nowText(), ...detail });
      }
      await output.close(false);
      notes.push(...output.removalNotes);
    } catch (error) {
      notes.push(`${output.options.path} is left as it was: ${(error as Error).message}`);
      await output.abandon();
    }
  }
  const end: RunEnd = produced === undefined ? "recovered-without-ring" : "failed";
  const index: RunIndex = {
    daqRun: 1,
    end,
    endedAtNs: nowText(),
    run,
    outputs: outputs.map((output) => ({
      ...output.summary(false),
      ...(failure === undefined ? {} : { failure: failure.message }),
    })),
    ...(options.beside === undefined ? {} : { beside: options.beside }),
    notes,
  };
  try {
    await writeRunIndex(options.indexPath, index, options.durability === "power");
  } catch (error) {
    notes.push(`The index could not be written: ${(error as Error).message}`);
  }
  return index;
}
