import { createReadStream } from "node:fs";
import { DaqError } from "../model/errors.ts";
import type { Digest } from "./content-digest.ts";
import type { Fingerprint } from "./local-file.ts";

/** The first line: what is uploaded, and where to. */
export type UploadHead = {
  readonly upload: 1;
  /** Of this upload; the marker at the target has the same. */
  readonly uid: string;
  /** The folder at the store. */
  readonly url: string;
  readonly stem: string;
  readonly runUid?: string;
  /** The run was recorded with this as its target: its files here are a spool. */
  readonly spool?: {
    /** How many folders above the run's the spool's own is: empty ones are removed up to there. */
    readonly depth: number;
    /** True: it stays when all is proven. */
    readonly keep: boolean;
  };
};

/** An object that was proven equal to the file that had this fingerprint. */
export type ProvenObject = Fingerprint & Digest & { readonly by: "crc32c" | "md5" | "read back" };

/** Every further line. */
export type UploadLine =
  /** The target's names are ours. `same-run`: they were before this journal, so what is there may not be replaced. */
  | { readonly claimed: "new" | "same-run" }
  /** All that the target had before was found equal. */
  | { readonly adopted: true }
  | ({ readonly proven: string } & ProvenObject)
  | { readonly complete: true; readonly objects: number; readonly bytes: number }
  /** Local files are being deleted: what is missing here is not missing there. */
  | { readonly removing: true };

/** What the lines say together. */
export type UploadState = {
  claimed: "new" | "same-run" | undefined;
  adopted: boolean;
  complete: boolean;
  removing: boolean;
  readonly proven: Map<string, ProvenObject>;
};

export function freshState(): UploadState {
  return { claimed: undefined, adopted: false, complete: false, removing: false, proven: new Map() };
}

export function apply(state: UploadState, line: UploadLine): void {
  if ("proven" in line) {
    const { proven, ...object } = line;
    state.proven.set(proven, object);
    state.complete = false;
  } else if ("claimed" in line) state.claimed = line.claimed;
  else if ("adopted" in line) state.adopted = true;
  else if ("complete" in line) state.complete = true;
  else state.removing = true;
}

export type ReadUpload = {
  readonly head: UploadHead;
  readonly state: UploadState;
  /** How much of the file counts. */
  readonly bytes: number;
};

/**
 * Reads an upload's journal; undefined when its first line is not whole, which means that nothing was done yet. A torn
 * last line does not count. Throws `DaqError("format")` for another file.
 */
export async function readUploadJournal(path: string): Promise<ReadUpload | undefined> {
  let head: UploadHead | undefined;
  let bytes = 0;
  const state = freshState();
  for await (const line of wholeLines(path)) {
    let value: unknown;
    try {
      value = JSON.parse(line.toString("utf8"));
    } catch {
      break; // Torn by a crash of the machine.
    }
    if (head === undefined) head = parseHead(path, value);
    else apply(state, value as UploadLine);
    bytes += line.byteLength + 1;
  }
  return head === undefined ? undefined : { head, state, bytes };
}

function parseHead(path: string, value: unknown): UploadHead {
  const head = value as UploadHead | null;
  if (head?.upload !== 1 || typeof head.url !== "string" || typeof head.uid !== "string")
    throw new DaqError("format", `${path} is not the journal of an upload.`, {
      hint: "Give a run's index (….run.json), or the ….upload.jsonl beside it.",
    });
  return head;
}

/** The lines of a file that end, without their ends. */
async function* wholeLines(path: string): AsyncGenerator<Buffer, void, void> {
  let rest: Buffer[] = [];
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, from)) {
      yield Buffer.concat([...rest, piece.subarray(from, end)]);
      rest = [];
      from = end + 1;
    }
    rest.push(piece.subarray(from));
  }
}
