import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DaqError } from "../model/errors.ts";
import { readJournal } from "../recorder/journal-lines.ts";
import { findJournal } from "../recorder/recover-run.ts";
import { identifyFile } from "./inspect/identify-file.ts";
import { isoTime } from "./iso-time.ts";
import { type RingStatusReport, readRingStatus } from "./ring-status.ts";

/** The ring of a run that may go on, or the path of a run that is over. */
export type FoundRing = { readonly ringPath: string } | { readonly finishedPath: string };

const defaultFolder = "/dev/shm";

/** Finds a run's ring by the ring itself, or by the run's index, journal or a data file. Throws `DaqError`. */
export async function findRing(run: string): Promise<FoundRing> {
  // The journal of a run that has just ended is gone; its index says that it is over.
  if (run.endsWith(".journal.jsonl") && !existsSync(run)) {
    const index = run.replace(/\.journal\.jsonl$/, ".run.json");
    if (existsSync(index)) return { finishedPath: index };
  }
  const { kind, path } = await identifyFile(run);
  if (kind === "ring") return { ringPath: path };
  const journal = await findJournal(path);
  const content = journal === undefined ? undefined : await readJournal(journal);
  if (content === undefined) return { finishedPath: path };
  const { ringPath } = content.head.options;
  if (!existsSync(ringPath) || readRingStatus(ringPath).runUid !== content.head.ringUid)
    throw new DaqError(
      "ring",
      `${run}: the run is over, but its files were not finished: its ring ${ringPath} is gone.`,
      {
        hint: `\`daq recover ${journal}\` finishes them.`,
      },
    );
  return { ringPath };
}

/** The only run of this user that goes on. Throws `DaqError("ring")` when there is none, or more than one to choose from. */
export async function findRunningRing(folder = defaultFolder): Promise<string> {
  const running = await runningRings(folder);
  const [first, second] = running;
  if (first === undefined)
    throw new DaqError("ring", `No run is going on: there is no running ring among ${folder}/daq-*.`, {
      hint: "Name the run: a ring, a ….journal.jsonl, or a data file of it.",
    });
  if (second === undefined) return first.path;
  throw new DaqError("usage", ["Several runs are going on:", ...running.map(ringLine)].join("\n"), {
    hint: `Choose one: daq tail ${first.path}`,
  });
}

function ringLine({ path, run, streams }: RingStatusReport): string {
  const name = typeof run?.experiment.name === "string" ? run.experiment.name : "no name yet";
  const since = run === undefined ? "" : `, since ${isoTime(run.startedAtNs).slice(0, 19)}Z`;
  return `  ${path}  ${name} (${streams.map((stream) => stream.name).join(", ")})${since}`;
}

async function runningRings(folder: string): Promise<RingStatusReport[]> {
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder))
    .filter((name) => name.startsWith("daq-") || name.startsWith("daq_"))
    .sort();
  return names.flatMap((name) => {
    try {
      const status = readRingStatus(join(folder, name));
      return status.producer === "running" ? [status] : [];
    } catch (error) {
      // Another user's ring, something that is no ring, or one that has just been removed.
      if (error instanceof DaqError) return [];
      throw error;
    }
  });
}
