import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { DaqError } from "../model/errors.ts";
import type { Store } from "../stores/contract.ts";
import { sleepUnless } from "./back-off.ts";
import { ByteBudget } from "./byte-budget.ts";
import { fingerprintAt, isSameFile } from "./local-file.ts";
import { readSnapshot, type Snapshot } from "./metadata-snapshot.ts";
import { ObjectSender } from "./object-sender.ts";
import { type FoundKeys, scanRun } from "./scan-run.ts";
import { digestFile } from "./send-file.ts";
import { claimTarget, completeMarker, objectsOf } from "./target-claim.ts";
import { type TryLock, UploadJournal } from "./upload-journal.ts";
import type { UploadHead } from "./upload-journal-lines.ts";
import { markerKey, type UploadRoot, type UploadSource, uploadJournalName } from "./upload-source.ts";
import { problemText, type UploadProgress, UploadWatch } from "./upload-watch.ts";

export type UploadOptions = {
  readonly source: UploadSource;
  /** Opened at the folder that the objects go to. */
  readonly store: Store;
  readonly tryLock: TryLock;
  /** How the journal names the target. */
  readonly url: string;
  readonly spool?: UploadHead["spool"];
  /** Objects under way at once, memory permitting. */
  readonly parallel?: number;
  /** Once the run is over: how long nothing may get through before the upload gives up. */
  readonly patienceMs?: number;
};

export type UploadRun = {
  /** Aborted when the run is over and its files are closed; until then finished chunks are brought. */
  readonly ended: AbortSignal;
  /** Aborted to give up at once. */
  readonly stop: AbortSignal;
  /** What there is when the run is over; absent: the source's own. */
  readonly finalRoots?: () => Promise<readonly UploadRoot[]>;
};

export type UploadSummary = {
  readonly url: string;
  readonly objects: number;
  readonly bytes: number;
  /** What this process has sent; the rest was proven before. */
  readonly sentObjects: number;
  readonly sentBytes: number;
};

/** The upload ended early. What is proven stays so, and `daq upload` goes on from there. */
export class UploadUnfinished extends DaqError {}

const defaultParallel = 16;
const defaultPatienceMs = 600_000;
/** Contents in memory at once, whatever the number of objects under way. */
const memoryBytes = 32 << 20;
/** Between two looks at a run that goes on. */
const lookMs = 2_000;
const mostRounds = 3;

/** Brings the files of one run to one store, proves them equal there, and keeps a journal of it beside the run. */
export class Upload {
  readonly journal: UploadJournal;
  readonly #source: UploadSource;
  readonly #store: Store;
  readonly #options: UploadOptions;
  readonly #watch = new UploadWatch();
  readonly #giveUp = new AbortController();
  /** Metadata that the last look found. */
  #metadata: readonly string[] = [];

  /** Takes the journal's lock; does not talk to the store yet. */
  static async open(options: UploadOptions): Promise<Upload> {
    const { source, url, spool } = options;
    const head: UploadHead = {
      upload: 1,
      uid: randomBytes(8).toString("hex"),
      url,
      stem: source.stem,
      ...(source.runUid === undefined ? {} : { runUid: source.runUid }),
      ...(spool === undefined ? {} : { spool }),
    };
    const path = join(source.folder, uploadJournalName(source.stem));
    return new Upload(options, await UploadJournal.open(path, head, options.tryLock));
  }

  private constructor(options: UploadOptions, journal: UploadJournal) {
    this.journal = journal;
    this.#options = options;
    this.#source = options.source;
    this.#store = options.store;
    const proven = [...journal.state.proven.values()];
    this.#watch.proven(
      proven.length,
      proven.reduce((sum, { bytes }) => sum + bytes, 0),
    );
  }

  get progress(): UploadProgress {
    return this.#watch.progress();
  }

  /**
   * Makes the target's names this run's. Rejects with what prevents it: `DaqError("path")` when something else is there.
   */
  async claim(): Promise<void> {
    const { state, head } = this.journal;
    if (state.claimed !== undefined) return;
    await this.journal.append({ claimed: await claimTarget(this.#store, this.#source, head) });
  }

  /**
   * Uploads while the run goes on, and the rest when it has ended. Rejects with `UploadUnfinished` when it is stopped, when
   * nothing got through for too long, and for failures that waiting does not cure.
   */
  async run({ ended, stop, finalRoots }: UploadRun): Promise<UploadSummary> {
    const { source, patienceMs = defaultPatienceMs } = this.#options;
    const sender = new ObjectSender({
      folder: source.folder,
      store: this.#store,
      journal: this.journal,
      watch: this.#watch,
      budget: new ByteBudget(memoryBytes),
      ended,
      giveUp: this.#giveUp.signal,
      stallMs: patienceMs / 2,
    });
    const onStop = (): void => this.#giveUp.abort(new Error("it was stopped"));
    stop.addEventListener("abort", onStop, { once: true });
    if (stop.aborted) onStop();
    const patience = this.#watchPatience(ended, patienceMs);
    try {
      await sender.untilDone(async () => {
        await this.#scan(source.roots); // What waits is known also while the store does not answer.
        await this.claim();
      });
      while (!ended.aborted) {
        await this.#look(sender);
        await sleepUnless(lookMs, ended, this.#giveUp.signal);
        this.#giveUp.signal.throwIfAborted();
      }
      return await this.#finish(sender, (await finalRoots?.()) ?? source.roots);
    } catch (error) {
      throw this.#unfinished(error);
    } finally {
      patience.clear();
      stop.removeEventListener("abort", onStop);
    }
  }

  /** Gives back what `claim` took, when nothing came of the run. */
  async release(): Promise<void> {
    const { state, head } = this.journal;
    if (state.claimed === "new" && state.proven.size === 0) await this.#store.delete(markerKey(head.stem));
    await this.journal.remove();
  }

  async close(): Promise<void> {
    await this.journal.close();
  }

  #watchPatience(ended: AbortSignal, patienceMs: number): { clear(): void } {
    let endedMs = ended.aborted ? performance.now() : undefined;
    const timer = setInterval(
      () => {
        if (!ended.aborted) return;
        endedMs ??= performance.now();
        if (this.#watch.quietMs(endedMs) < patienceMs) return;
        const cause = this.#watch.problem;
        const why = cause === undefined ? "" : ` (${problemText(cause)})`;
        this.#giveUp.abort(new Error(`nothing got through for ${(patienceMs / 1000).toFixed(0)} s${why}`));
      },
      Math.min(500, patienceMs / 2),
    );
    return { clear: () => clearInterval(timer) };
  }

  /** Brings what is finished of a run that goes on: chunks first, then the metadata as it was before the look at them. */
  async #look(sender: ObjectSender): Promise<void> {
    const { folder } = this.#source;
    const snapshots: Snapshot[] = [];
    for (const key of this.#metadata) {
      const snapshot = await readSnapshot(folder, key);
      if (snapshot !== undefined) snapshots.push(snapshot);
    }
    const found = await this.#scan(this.#source.roots);
    const { proven } = this.journal.state;
    await this.#bringAll(
      sender,
      found.chunks.filter((key) => !proven.has(key)),
    );
    for (const { key, fingerprint, content, digest } of snapshots) {
      const known = proven.get(key);
      if (known !== undefined && isSameFile(known, fingerprint)) continue;
      await sender.untilProven(key, content.byteLength, async (onBytes) => {
        await this.#store.put(key, [content]);
        onBytes(content.byteLength);
        return { ...fingerprint, ...digest };
      });
    }
    this.#metadata = found.metadata;
  }

  async #finish(sender: ObjectSender, roots: readonly UploadRoot[]): Promise<UploadSummary> {
    const { journal } = this;
    if (journal.state.claimed === "same-run" && !journal.state.adopted) await this.#adopt(sender, roots);
    for (let round = 1; ; round++) {
      await this.#bringRoots(sender, roots);
      const missing = await sender.untilDone(() => this.#missingAtTarget(sender, roots));
      if (missing.length === 0) break;
      if (round === mostRounds)
        throw new DaqError(
          "io",
          `${this.#store.url}/${missing[0]} was stored and proven, and is not there now.`,
          {
            hint: "Somebody deletes objects there, or a rule of the bucket does.",
          },
        );
      for (const key of missing) journal.state.proven.delete(key);
    }
    const { objects, bytes } = this.summaryOfProven();
    if (!journal.state.complete) {
      await sender.untilDone(() => completeMarker(this.#store, journal.head, objects, bytes));
      await journal.append({ complete: true, objects, bytes });
    }
    const { sentBytes } = this.#watch.progress();
    return { ...this.summaryOfProven(), sentObjects: sender.sentObjects, sentBytes };
  }

  /** What earlier processes have proven, when there is nothing left to do. */
  summaryOfProven(): UploadSummary {
    const proven = [...this.journal.state.proven.values()];
    const bytes = proven.reduce((sum, object) => sum + object.bytes, 0);
    return { url: this.#store.url, objects: proven.length, bytes, sentObjects: 0, sentBytes: 0 };
  }

  /** In this order a reader at the store never sees metadata without what it names, nor an index without its files. */
  async #bringRoots(sender: ObjectSender, roots: readonly UploadRoot[]): Promise<void> {
    const { folder } = this.#source;
    const { chunks, files, metadata, last } = await this.#scan(roots);
    await this.#bringAll(sender, [...chunks, ...files]);
    for (const key of metadata) await sender.bring(key);
    for (const { name, required } of roots) {
      const isThere = (await fingerprintAt(join(folder, name))) !== undefined;
      if (required && !isThere && !this.#isProven(name))
        throw new DaqError("path", `${join(folder, name)} belongs to this run and is not there.`, {
          hint: "Look for it where the run was recorded; without it the upload would not be the whole run.",
        });
    }
    for (const key of last) await sender.bring(key);
  }

  async #scan(roots: readonly UploadRoot[]): Promise<FoundKeys> {
    const found = await scanRun(this.#source.folder, roots, this.journal.state.proven);
    this.#watch.found(found.objects, found.bytes);
    return found;
  }

  #isProven(name: string): boolean {
    const { proven } = this.journal.state;
    return proven.has(name) || [...proven.keys()].some((key) => key.startsWith(`${name}/`));
  }

  async #bringAll(sender: ObjectSender, keys: readonly string[]): Promise<void> {
    const left = keys.values();
    const work = async (): Promise<void> => {
      for (const key of left) await sender.bring(key);
    };
    const { parallel = defaultParallel } = this.#options;
    // One that fails for good ends the others too: they would go on trying for a result that nobody waits for.
    const workers = Array.from({ length: parallel }, () =>
      work().catch((error: unknown) => {
        this.#giveUp.abort(error);
        throw error;
      }),
    );
    await Promise.all(workers).finally(() => Promise.allSettled(workers));
  }

  /** Keys that are proven and that the target's own list has not, or not with this length. */
  async #missingAtTarget(sender: ObjectSender, roots: readonly UploadRoot[]): Promise<string[]> {
    const { proven } = this.journal.state;
    const missing = new Set(proven.keys());
    for await (const { key, bytes } of objectsOf(this.#store, roots))
      if (proven.get(key)?.bytes === bytes) missing.delete(key);
    for (const key of sender.doubtful) {
      const object = proven.get(key);
      if (object !== undefined && !(await sender.proveAgain(key, object))) missing.add(key);
    }
    sender.doubtful.clear();
    return [...missing];
  }

  /** The target has objects of this run from before this journal: they have to be equal, none is replaced. */
  async #adopt(sender: ObjectSender, roots: readonly UploadRoot[]): Promise<void> {
    await sender.untilDone(async () => {
      for await (const { key, bytes } of objectsOf(this.#store, roots)) {
        if (this.journal.state.proven.has(key)) continue;
        const ours = await digestFile(join(this.#source.folder, key));
        if (ours?.bytes !== bytes || !(await sender.proveAgain(key, ours)))
          throw new DaqError(
            "path",
            `${this.#store.url}/${key} is of this run, and is not equal to the file here.`,
            {
              hint: "Compare the two; choose another target, or delete what is there.",
            },
          );
        await this.journal.append({ proven: key, ...ours, by: "read back" });
        this.#watch.proven(1, bytes);
      }
    });
    await this.journal.append({ adopted: true });
  }

  #unfinished(cause: unknown): DaqError {
    const reason = this.#giveUp.signal.aborted ? this.#giveUp.signal.reason : cause;
    // Nothing was begun: what prevents it says all.
    if (reason instanceof DaqError && this.journal.state.claimed === undefined) return reason;
    const { objects, provenObjects } = this.progress;
    const path = /\s/.test(this.journal.path) ? JSON.stringify(this.journal.path) : this.journal.path;
    const own = reason instanceof DaqError && reason.hint !== undefined ? `${reason.hint} ` : "";
    return new UploadUnfinished(
      reason instanceof DaqError ? reason.code : "io",
      `The upload to ${this.#store.url} is not finished, ${provenObjects} of ${objects} objects are proven there: ${problemText(reason)}`,
      {
        hint: `${own}Nothing is lost: all is in ${this.#source.folder}. Go on with: daq upload ${path}`,
        cause: reason,
      },
    );
  }
}
