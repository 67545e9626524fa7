import { join } from "node:path";
import { DaqError } from "../model/errors.ts";
import type { Store } from "../stores/contract.ts";
import { backOffMs, orAborted, sleepUnless } from "./back-off.ts";
import type { ByteBudget } from "./byte-budget.ts";
import { type Digest, isSameContent } from "./content-digest.ts";
import { fingerprintAt, isSameFile, LocalReadError } from "./local-file.ts";
import { proveObject, UnequalObject } from "./prove-object.ts";
import { digestFile, partBytes, type SentFile, sendFile } from "./send-file.ts";
import type { UploadJournal } from "./upload-journal.ts";
import type { UploadWatch } from "./upload-watch.ts";

export type SenderOptions = {
  readonly folder: string;
  readonly store: Store;
  readonly journal: UploadJournal;
  readonly watch: UploadWatch;
  readonly budget: ByteBudget;
  /** The run is over: waits end, and failures that no waiting cures are told of. */
  readonly ended: AbortSignal;
  /** The upload is given up: everything rejects with its reason. */
  readonly giveUp: AbortSignal;
  /** A try that has not settled after this time is left to itself, and begun anew. */
  readonly stallMs: number;
};

/** After so many tries in a row, once the run is over, a failure that waiting does not cure is the upload's. */
const mostTries = 3;

/** Failures of a store that are the configuration's, or an object that comes out different each time. */
function isDefinitive(error: unknown): boolean {
  if (error instanceof UnequalObject) return true;
  const code = (error as { code?: unknown } | null)?.code;
  return code === "config" || code === "usage" || code === "path" || code === "format";
}

/** Brings single objects to the store, again and again until they are proven equal. */
export class ObjectSender {
  readonly #options: SenderOptions;
  /** Keys of which an earlier try failed: its bytes may still arrive, late. */
  readonly doubtful = new Set<string>();
  /** Objects that were sent and proven. */
  sentObjects = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** A file as it is now. True when it is proven, or was; false when there is no such file (any more). */
  async bring(key: string): Promise<boolean> {
    const { folder, journal, watch } = this.#options;
    const path = join(folder, key);
    const found = await fingerprintAt(path);
    const known = journal.state.proven.get(key);
    if (found === undefined) return known !== undefined;
    if (known !== undefined && isSameFile(known, found)) return true;
    if (known !== undefined && known.bytes === found.bytes) {
      // Copied or touched, or written anew with the same content.
      const digest = await digestFile(path);
      if (digest !== undefined && isSameContent(known, digest)) {
        await journal.append({ proven: key, ...digest, by: known.by });
        return true;
      }
    }
    if (known !== undefined) watch.proven(-1, -known.bytes);
    return this.untilProven(key, found.bytes, (onBytes, signal) =>
      sendFile(this.#options.store, key, path, onBytes, signal),
    );
  }

  /** Sends and proves with `send` until it is done; false when that says that there is nothing to send (any more). */
  async untilProven(
    key: string,
    bytes: number,
    send: (onBytes: (bytes: number) => void, signal: AbortSignal) => Promise<SentFile | undefined>,
  ): Promise<boolean> {
    const { journal, watch, ended, giveUp, store, folder } = this.#options;
    for (let failures = 0; ; ) {
      const giveBack = await orAborted(this.#options.budget.take(Math.min(bytes, partBytes)), giveUp);
      try {
        const proven = await this.#withinStallTime(async (moved, signal) => {
          const sent = await send((taken) => {
            watch.sent(taken);
            moved();
          }, signal);
          return sent === undefined ? undefined : { ...sent, by: await proveObject(store, key, sent) };
        });
        if (proven !== undefined) {
          giveUp.throwIfAborted();
          await journal.append({ proven: key, ...proven });
          watch.proven(1, proven.bytes);
          this.sentObjects++;
          return true;
        }
        if ((await fingerprintAt(join(folder, key))) === undefined) return false;
        failures++; // Written to while it was read: sent again, as it is then.
      } catch (error) {
        if (giveUp.aborted) throw giveUp.reason;
        if (error instanceof LocalReadError) throw error;
        this.doubtful.add(key);
        failures++;
        watch.failed(error);
        if (ended.aborted && failures >= mostTries && isDefinitive(error)) throw error;
      } finally {
        giveBack();
      }
      await this.#backOff(failures);
    }
  }

  /** Any call of the store, again and again until it succeeds. */
  async untilDone<Result>(call: () => Promise<Result>): Promise<Result> {
    const { watch, ended, giveUp } = this.#options;
    for (let failures = 1; ; failures++) {
      try {
        return await this.#withinStallTime(call);
      } catch (error) {
        if (giveUp.aborted) throw giveUp.reason;
        watch.failed(error);
        if (ended.aborted && failures >= mostTries && isDefinitive(error)) throw error;
      }
      await this.#backOff(failures);
    }
  }

  /** The end of the run ends the wait: a person is waiting then. */
  async #backOff(failures: number): Promise<void> {
    const { ended, giveUp } = this.#options;
    await sleepUnless(backOffMs(failures), giveUp, ...(ended.aborted ? [] : [ended]));
  }

  /** Once more the checksum of an object whose earlier try may have arrived late. */
  async proveAgain(key: string, digest: Digest): Promise<boolean> {
    return this.untilDone(async () => {
      try {
        await proveObject(this.#options.store, key, digest);
        return true;
      } catch (error) {
        if (error instanceof UnequalObject) return false;
        throw error;
      }
    });
  }

  /** `call` is told how to say that it moves on: a large object goes part by part. */
  async #withinStallTime<Result>(
    call: (moved: () => void, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const { giveUp, stallMs } = this.#options;
    const stalled = new AbortController();
    const onStall = (): void =>
      stalled.abort(new DaqError("io", `the store gave no answer for ${(stallMs / 1000).toFixed(0)} s`));
    const timer = setTimeout(onStall, stallMs);
    const signal = AbortSignal.any([giveUp, stalled.signal]);
    try {
      return await orAborted(
        call(() => timer.refresh(), signal),
        signal,
      );
    } finally {
      clearTimeout(timer);
    }
  }
}
