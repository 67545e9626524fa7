/** The recorder's own process: started by `RecorderProcess`, talks to it by messages, and outlives it. */
import { openBlockingFileSink } from "../bytes/file-sink.ts";
import { DaqError } from "../model/errors.ts";
import { Recorder } from "./recorder.ts";
import type { FromRecorder, SentError, ToRecorder } from "./recorder-messages.ts";
import type { RecorderOptions } from "./recorder-options.ts";

const progressMs = 250;

/** Resolves when the message is on its way. The parent may be gone; the recording goes on without it. */
function send(message: FromRecorder): Promise<void> {
  return new Promise((done) => {
    if (process.connected) process.send!(message, undefined, undefined, () => done());
    else done();
  });
}

function toSend(error: unknown): SentError {
  if (error instanceof DaqError)
    return {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    };
  return {
    code: "process",
    message: `The recorder failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  };
}

async function record(options: RecorderOptions): Promise<number> {
  const recorder = await Recorder.open(options, {
    openSink: openBlockingFileSink,
    onFailing: (failure) => send({ type: "failing", error: toSend(failure) }),
    onWarning: (message) => send({ type: "warning", message }),
  });
  process.on("message", (message: ToRecorder) => {
    if (message.type === "abort") recorder.abort();
  });
  send({ type: "ready", resumed: recorder.resumed });
  const timer = setInterval(() => send({ type: "progress", progress: recorder.progress() }), progressMs);
  const { index, failure } = await recorder.run().finally(() => clearInterval(timer));
  send({ type: "progress", progress: recorder.progress() });
  await send({ type: "finished", index, ...(failure === undefined ? {} : { error: toSend(failure) }) });
  return failure === undefined ? 0 : 1;
}

// The terminal sends Ctrl-C to every process of the group; who records decides when the recording ends.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("SIGHUP", () => {});

process.once("message", (message: ToRecorder) => {
  if (message.type !== "start") return;
  record(message.options)
    .catch(async (error: unknown) => {
      await send({ type: "error", error: toSend(error) });
      return 1;
    })
    .then((code) => {
      process.exitCode = code;
      if (process.connected) process.disconnect();
    });
});
