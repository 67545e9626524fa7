import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { DaqError, systemCode, writeError } from "../model/errors.ts";
import {
  apply,
  freshState,
  readUploadJournal,
  type UploadHead,
  type UploadLine,
  type UploadState,
} from "./upload-journal-lines.ts";

/** Takes the lock of an open file without waiting; false when another process has it. */
export type TryLock = (fd: number) => boolean;

/**
 * What an upload has done, line by line: proven objects are not sent again, whatever dies. Who has its lock uploads.
 *
 * ```
 * {"upload":1,"uid":…,"url":…}          before anything is sent
 * {"claimed":"new"}                     the marker is at the target
 * {"proven":"scan.zarr/c/0/0",…}        one for each object, as soon as it is proven equal
 * {"complete":true,…}                   all of them are
 * {"removing":true}                     from here on local files may be missing
 * ```
 */
export class UploadJournal {
  readonly path: string;
  readonly head: UploadHead;
  readonly state: UploadState;
  readonly #handle: FileHandle;
  #positionBytes: number;
  #last: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(
    path: string,
    head: UploadHead,
    state: UploadState,
    handle: FileHandle,
    positionBytes: number,
  ) {
    this.path = path;
    this.head = head;
    this.state = state;
    this.#handle = handle;
    this.#positionBytes = positionBytes;
  }

  /**
   * Goes on with the journal that is there, or begins one with `head`. Throws `DaqError("path")` when another process
   * has it, or when it is of an upload to another place that is not finished.
   */
  static async open(path: string, head: UploadHead, tryLock: TryLock): Promise<UploadJournal> {
    const handle = await openLocked(path, tryLock);
    try {
      const read = await readUploadJournal(path);
      if (read !== undefined && read.head.url === head.url) {
        await handle.truncate(read.bytes);
        return new UploadJournal(path, read.head, read.state, handle, read.bytes);
      }
      if (read !== undefined && isUnderWay(read.state)) throw otherTarget(path, read.head, head);
      // Nothing is at another place yet, or all of it: that upload's journal has done its work.
      await handle.truncate(0);
      const own = read?.head.spool === undefined ? head : { ...head, spool: read.head.spool };
      const journal = new UploadJournal(path, own, freshState(), handle, 0);
      await journal.#write(own);
      return journal;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Resolves when the line is in the file; the state has it then. */
  async append(line: UploadLine): Promise<void> {
    await this.#write(line);
    apply(this.state, line);
  }

  /** Whatever the machine does now, the lines so far are there afterwards. */
  async flush(): Promise<void> {
    await this.#handle.datasync();
  }

  #write(value: UploadHead | UploadLine): Promise<void> {
    const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
    const position = this.#positionBytes;
    this.#positionBytes += bytes.byteLength;
    const written = this.#last.then(async () => {
      try {
        for (let done = 0; done < bytes.byteLength; )
          done += (await this.#handle.write(bytes, done, bytes.byteLength - done, position + done))
            .bytesWritten;
      } catch (error) {
        throw writeError(this.path, error);
      }
    });
    // After a line that failed nothing may follow: a hole would end the journal there.
    this.#last = written;
    written.catch(() => {});
    return written;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await this.#last.catch(() => {}); // Who wrote the line was told.
    if (!this.#isClosed) await this.#handle.close();
    this.#isClosed = true;
  }

  /** The upload is over and nothing local is left that it speaks of. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
    await this.close();
  }
}

function isUnderWay({ claimed, complete, removing }: UploadState): boolean {
  return removing || (claimed !== undefined && !complete);
}

async function openLocked(path: string, tryLock: TryLock): Promise<FileHandle> {
  for (;;) {
    const handle = await openOrCreate(path);
    if (!tryLock(handle.fd)) {
      await handle.close();
      throw new DaqError("path", `Another process is uploading what ${path} speaks of.`, {
        hint: "Wait until it ends: a run that is recorded uploads itself.",
      });
    }
    const [own, named] = [await handle.stat(), await stat(path).catch(() => undefined)];
    if (named?.ino === own.ino && named.dev === own.dev) return handle;
    await handle.close(); // It was removed between opening and locking.
  }
}

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r+");
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw notWritable(path, error);
  }
  try {
    return await open(path, "wx+");
  } catch (error) {
    if (systemCode(error) === "EEXIST") return openOrCreate(path);
    throw notWritable(path, error);
  }
}

function notWritable(path: string, cause: unknown): DaqError {
  return new DaqError("path", `The upload's journal ${path} cannot be opened: ${(cause as Error).message}.`, {
    hint: "It stands beside the run, which must be in a folder that you may write to.",
    cause,
  });
}

function otherTarget(path: string, found: UploadHead, wanted: UploadHead): DaqError {
  return new DaqError(
    "path",
    `An upload of this run to ${found.url} is not finished; ${wanted.url} was asked for.`,
    {
      hint: `Finish it first: \`daq upload ${path}\`. To give it up, remove ${path}.`,
    },
  );
}
