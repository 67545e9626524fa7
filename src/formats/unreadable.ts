import { DaqError } from "../model/errors.ts";

/** A file that was not closed: read as it is, it would look like all there is. */
export function unfinished(path: string): DaqError {
  return new DaqError("format", `${path} is not finished: it is being recorded, or a crash left it.`, {
    hint: `Wait until its run is over. If nothing records it any more, \`daq recover ${path}\` finishes it first.`,
  });
}

/** A file of another program that is no table of records with times. `problem`: a clause. */
export function notRecords(path: string, problem: string): DaqError {
  return new DaqError(
    "format",
    `${path} is not a recording of daq-storage, and cannot be read as one: ${problem}.`,
    {
      hint: 'Read it with a library of its own. An Arrow or CSV table with a column "timestamp" can be read here.',
    },
  );
}

export function noSuchStream(path: string, stream: string): DaqError {
  return new DaqError("format", `${path} has no stream "${stream}".`, {
    hint: `\`daq inspect ${path}\` lists its streams.`,
  });
}
