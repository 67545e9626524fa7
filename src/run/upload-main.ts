/** The uploader's own process: started by `UploadProcess`, talks to it by messages, and outlives it. */
import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { DaqError } from "../model/errors.ts";
import { whileLocked } from "../recorder/journal-lock.ts";
import { journalPath } from "../recorder/recorder-options.ts";
import { tryLock } from "../ring/posix.ts";
import type { Store } from "../stores/contract.ts";
import { removeLocal } from "../upload/remove-local.ts";
import { Upload } from "../upload/upload.ts";
import type { ClaimResult, FromUploader, SentUploadError, ToUploader, UploadJob } from "./upload-messages.ts";
import { openTarget } from "./upload-target.ts";
import { sourceOfIndex } from "./uploadable-run.ts";

const progressMs = 250;
/** How often an uploader whose parent died looks whether the recorder has finished the run. */
const orphanLookMs = 1_000;
const releaseMs = 10_000;

const ended = new AbortController();
const stop = new AbortController();
let store: Store | undefined;
let upload: Upload | undefined;

/** Resolves when the message is on its way. The parent may be gone; the upload goes on without it. */
function send(message: FromUploader): Promise<void> {
  return new Promise((done) => {
    if (process.connected) process.send!(message, undefined, undefined, () => done());
    else done();
  });
}

function toSend(error: unknown): SentUploadError {
  if (error instanceof DaqError)
    return {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    };
  return {
    code: "process",
    message: `The upload failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  };
}

async function openUpload({ source, url, spool, patienceMs }: UploadJob): Promise<Upload> {
  store ??= await openTarget(url);
  return Upload.open({ source, url, spool, patienceMs, store, tryLock });
}

/** Takes the names at the store before anything is recorded; a run that may not have them takes other ones. */
async function claim(job: UploadJob, waitMs: number): Promise<ClaimResult> {
  try {
    upload = await openUpload(job);
    const claimed = upload.claim();
    claimed.catch(() => {}); // When it was waited for in vain it is made again while the run goes on.
    const isOurs = await Promise.race([claimed.then(() => true), setTimeout(waitMs, false)]);
    if (isOurs) return { result: "ours" };
    throw new DaqError("io", `${url(job)} does not answer within ${(waitMs / 1000).toFixed(0)} s.`);
  } catch (error) {
    const sent = toSend(error);
    if (sent.code === "io" && upload !== undefined) return { result: "unknown", error: sent };
    // Nothing was begun: the journal would keep the name from the next run.
    await upload?.journal.remove();
    upload = undefined;
    return { result: sent.code === "path" ? "taken" : "refused", error: sent };
  }
}

function url(job: UploadJob): string {
  return store?.url ?? job.url;
}

async function follow(job: UploadJob): Promise<void> {
  upload ??= await openUpload(job);
  const current = upload;
  const timer = setInterval(() => send({ type: "progress", progress: current.progress }), progressMs);
  try {
    const finalSource = async () => sourceOfIndex(job.indexPath);
    const summary = await current.run({
      ended: ended.signal,
      stop: stop.signal,
      finalRoots: async () => (await finalSource()).roots,
    });
    send({ type: "progress", progress: current.progress });
    const removed = job.spool.keep
      ? undefined
      : await removeLocal(job.source.folder, (await finalSource()).roots, current.journal);
    await send({ type: "finished", summary, ...(removed === undefined ? {} : { removed }) });
  } finally {
    clearInterval(timer);
    await current.close();
  }
}

/** Without a parent: the recorder goes on by itself, and what it leaves says how the run ended. */
async function endWithRecorder({ indexPath }: UploadJob): Promise<void> {
  for (;;) {
    const journal = journalPath(indexPath);
    if (!existsSync(journal)) return existsSync(indexPath) ? ended.abort() : stop.abort();
    // A recorder holds the lock as long as it lives. Without one, `daq recover` and `daq upload` finish the run.
    const isLeft = await whileLocked(journal, async () => true).catch(() => false);
    if (isLeft && existsSync(journal)) return stop.abort();
    await setTimeout(orphanLookMs);
  }
}

// The terminal sends Ctrl-C to every process of the group; who records decides when the upload ends.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

let job: UploadJob | undefined;
let isFollowing = false;

process.on("message", (message: ToUploader) => {
  switch (message.type) {
    case "claim":
      void claim(message.job, message.waitMs).then((result) => send({ type: "claimed", claim: result }));
      break;
    case "follow":
      job = message.job;
      isFollowing = true;
      void follow(message.job)
        .catch((error: unknown) => send({ type: "error", error: toSend(error) }))
        .then(() => end());
      break;
    case "ended":
      ended.abort();
      break;
    case "release":
      void Promise.race([upload?.release(), setTimeout(releaseMs)])
        .catch(() => {}) // The names stay taken, which costs a version.
        .then(() => end());
      break;
    case "stop":
      stop.abort();
      if (!isFollowing) void end();
      break;
  }
});

process.on("disconnect", () => {
  if (job !== undefined && isFollowing && !ended.signal.aborted) void endWithRecorder(job);
  else if (!isFollowing) void end();
});

async function end(): Promise<void> {
  await Promise.race([store?.close(), setTimeout(2_000)]);
  // A request that never settles must not keep the process.
  process.exit(0);
}
