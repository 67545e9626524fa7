import { parentPort, workerData } from "node:worker_threads";
import { crc32 } from "node:zlib";
import { instantiateKernels } from "../../kernels/load-kernels.ts";
import { DaqError } from "../../model/errors.ts";
import type { CodecMemory } from "../compress/codec-contract.ts";
import { decodePipeline, encodePipeline } from "../compress/pipeline.ts";
import { systemEngine } from "../compress/system/system-codecs.ts";
import type {
  FromWorker,
  Job,
  JobFailure,
  JobOutcome,
  KernelCall,
  ToWorker,
  WorkerStart,
} from "./pool-messages.ts";

const start = workerData as WorkerStart;
const port = parentPort!;
const progress = new Int32Array(start.memory.buffer, start.progress, 1);
const memory: CodecMemory = {
  bytes: new Uint8Array(start.memory.buffer),
  view: new DataView(start.memory.buffer),
  kernels: instantiateKernels(start.module, start.memory),
  scratch: start.scratch,
};

function call({ kernel: name, args }: KernelCall): number {
  const kernel = memory.kernels[name] as (...args: number[]) => number | undefined;
  return kernel(...args.map((argument) => (argument === "scratch" ? memory.scratch : argument))) ?? 0;
}

/** The system's library is three times as fast as Node's. */
function checksumOf(address: number, length: number): number {
  const library = systemEngine("isal")?.crc32;
  return library === undefined
    ? crc32(memory.bytes.subarray(address, address + length))
    : library(memory.bytes, address, length);
}

function run(job: Job): { readonly value: number; readonly checksum?: number } {
  switch (job.kind) {
    case "encode": {
      job.before?.forEach(call);
      const value = encodePipeline(memory, job.steps, job);
      return job.checksum === true ? { value, checksum: checksumOf(job.result, value) } : { value };
    }
    case "decode":
      return { value: decodePipeline(memory, job.steps, job.decodedBytes, job) };
    case "checksum":
      job.before.forEach(call);
      return { value: checksumOf(job.source, job.length) };
    case "call":
      return { value: call(job) };
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
    return { id: job.id, ...run(job) };
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
