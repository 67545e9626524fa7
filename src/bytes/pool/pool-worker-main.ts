import { parentPort, workerData } from "node:worker_threads";
import { instantiateKernels } from "../../kernels/load-kernels.ts";
import { DaqError } from "../../model/errors.ts";
import type { CodecMemory } from "../compress/codec-contract.ts";
import { decodePipeline, encodePipeline } from "../compress/pipeline.ts";
import type { FromWorker, Job, JobFailure, JobOutcome, ToWorker, WorkerStart } from "./pool-messages.ts";

const start = workerData as WorkerStart;
const port = parentPort!;
const progress = new Int32Array(start.memory.buffer, start.progress, 1);
const memory: CodecMemory = {
  bytes: new Uint8Array(start.memory.buffer),
  view: new DataView(start.memory.buffer),
  kernels: instantiateKernels(start.module, start.memory),
  scratch: start.scratch,
};

function run(job: Job): number {
  switch (job.kind) {
    case "encode":
      return encodePipeline(memory, job.steps, job);
    case "decode":
      return decodePipeline(memory, job.steps, job.decodedBytes, job);
    case "call": {
      const kernel = memory.kernels[job.kernel] as (...args: number[]) => number | undefined;
      return kernel(...job.args.map((argument) => (argument === "scratch" ? memory.scratch : argument))) ?? 0;
    }
  }
}

function failureOf(error: unknown): JobFailure {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack } = error;
  const failure = stack === undefined ? { message } : { message, stack };
  if (!(error instanceof DaqError)) return failure;
  return { ...failure, code: error.code, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}

function outcomeOf(job: Job): JobOutcome {
  Atomics.store(progress, 0, job.id);
  try {
    return { id: job.id, value: run(job) };
  } catch (error) {
    return { id: job.id, failure: failureOf(error) };
  } finally {
    Atomics.store(progress, 0, 0);
  }
}

function send(message: FromWorker): void {
  port.postMessage(message);
}

port.on("message", (message: ToWorker) => {
  if (message.type === "close") port.close();
  else send({ type: "done", outcomes: message.jobs.map(outcomeOf) });
});
Atomics.store(progress, 0, 0);
send({ type: "ready" });
