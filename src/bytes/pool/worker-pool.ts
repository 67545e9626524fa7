import { availableParallelism } from "node:os";
import type { Kernels } from "../../kernels/kernels.ts";
import { compileKernels } from "../../kernels/load-kernels.ts";
import { DaqError } from "../../model/errors.ts";
import type { EncodeStep } from "../compress/encode-step.ts";
import { decodeNeeds, encodeNeeds, type PipelineNeeds } from "../compress/pipeline.ts";
import type { Block } from "./block.ts";
import { Blocks } from "./blocks.ts";
import { closedError, endedError, type JobAreas, jobError, type PendingJob } from "./pool-job.ts";
import { PoolMemory } from "./pool-memory.ts";
import type { Job, JobOutcome, KernelArgument, KernelCall } from "./pool-messages.ts";
import { PoolWorker } from "./pool-worker.ts";

export type { Block } from "./block.ts";
export type { KernelArgument, KernelCall } from "./pool-messages.ts";

export type WorkerPoolOptions = {
  /** Threads; default: as many as this process may run at a time. */
  readonly workers?: number;
  /** Bound of all blocks together, inputs, results and what is between steps; default 256 MiB. */
  readonly memoryBytes?: number;
  /** Bound of what `tryKeep` hands out besides; default 512 MiB. No memory is used before it is touched. */
  readonly keptBytes?: number;
};

/** What a job leaves: the first `length` bytes of `block`, which is the caller's to give back. */
export type JobResult = { readonly block: Block; readonly length: number };

export type CheckedResult = JobResult & {
  readonly checksum: number;
  /** It is in the memory for what is kept for long. */
  readonly isKept: boolean;
};

/** What a worker does besides, while the bytes are in its cache; one message for all of it. */
export type Besides = {
  /** Kernels that are called first, in order; what they write is for the caller, not for the steps. */
  readonly before?: readonly KernelCall[];
  /** The result is to be kept for long, and goes where `tryKeep` has its blocks from, when there is room. */
  readonly keep?: boolean;
};

const defaultMemoryBytes = 256 << 20;
const defaultKeptBytes = 512 << 20;

/** A message costs about 15 µs: smaller jobs share one, until it is worth that much work. */
const batchWeight = 256 << 10;
const maxBatchJobs = 64;

/** One batch at work and others that wait in the worker, so that it goes on while this thread copies or writes. */
const batchesAtWorker = 3;

/** A job is tried again when another one ended its worker, but not for ever. */
const maxEndedWorkers = 3;

/**
 * Threads that compress, decompress and filter blocks of one shared memory in place. Work is begun in the order of the
 * calls; it may end in any. `take` hands out 3/8 of the memory, results and intermediates have the rest: jobs wait for
 * memory only while earlier results have not been given back.
 */
export class WorkerPool {
  readonly workers: number;
  readonly #memory: PoolMemory;
  readonly #blocks: Blocks;
  readonly #module = compileKernels();
  readonly #threads = new Map<number, PoolWorker>();
  readonly #started = Promise.withResolvers<void>();
  /** Not posted yet. */
  readonly #queue: PendingJob[] = [];
  #queueWeight = 0;
  /** Posted, by id; and which thread has them. */
  readonly #posted = new Map<number, { readonly job: PendingJob; readonly thread: PoolWorker }>();
  #lastId = 0;
  #isClosing = false;
  #failure: DaqError | undefined;
  #closed: Promise<void> | undefined;

  private constructor(workers: number, memoryBytes: number, keptBytes: number) {
    this.workers = workers;
    this.#memory = new PoolMemory(workers, memoryBytes, keptBytes);
    this.#blocks = new Blocks(this.#memory.bytes, this.#memory.inputs);
    for (let slot = 0; slot < workers; slot++) this.#startThread(slot);
  }

  /** Resolves when all threads have started. Rejects with what prevents it. */
  static async start(options: WorkerPoolOptions = {}): Promise<WorkerPool> {
    const {
      workers = availableParallelism(),
      memoryBytes = defaultMemoryBytes,
      keptBytes = defaultKeptBytes,
    } = options;
    if (!Number.isInteger(workers) || workers < 1)
      throw new RangeError(`A pool has 1 worker or more, not ${workers}.`);
    const pool = new WorkerPool(workers, memoryBytes, keptBytes);
    await pool.#started.promise;
    return pool;
  }

  /** Waits, in order, while the memory for inputs is used up. Rejects for a block that is larger than all of it. */
  async take(bytes: number): Promise<Block> {
    if (this.#isClosing) throw closedError(`the wait for a block of ${bytes} bytes`);
    return this.#blocks.take(bytes);
  }

  /** Undefined where `take` would wait. */
  tryTake(bytes: number): Block | undefined {
    return this.#blocks.tryTake(bytes);
  }

  /**
   * A block that may be kept for long, such as until a file has a place for it. Undefined when there is no room: then the
   * caller keeps its bytes in memory of its own.
   */
  tryKeep(bytes: number): Block | undefined {
    const address = this.#memory.kept.take(bytes);
    return address === undefined ? undefined : this.#blocks.adopt(this.#memory.kept, address, bytes);
  }

  /** Throws for a block that was given back before, is not of this pool, or is being read by a job. */
  give(block: Block): void {
    this.#blocks.give(block);
    this.#dispatch();
  }

  /** Runs the steps on the first `length` bytes of `input`, which stays the caller's and must not change meanwhile. */
  async encode(input: Block, length: number, steps: readonly EncodeStep[]): Promise<JobResult> {
    return this.#run("encode", input, length, steps, length, encodeNeeds(steps, length));
  }

  /** The same, with the CRC-32 of the result. */
  async encodeChecked(
    input: Block,
    length: number,
    steps: readonly EncodeStep[],
    { before = [], keep = false }: Besides = {},
  ): Promise<CheckedResult> {
    const needs = encodeNeeds(steps, length);
    return this.#run("encode", input, length, steps, length, needs, { before, keep, checksum: true });
  }

  /** The CRC-32 of the first `length` bytes of `input`, which stays the caller's. */
  checksum(input: Block, length: number, { before = [] }: Pick<Besides, "before"> = {}): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#enqueue({
        what: `the checksum of ${length} bytes`,
        weight: length,
        input,
        hasResult: false,
        isKept: false,
        resultBytes: 0,
        spareBytes: 0,
        message: (id) => ({ id, kind: "checksum", before, source: input.address, length }),
        done: resolve,
        failed: reject,
      });
    });
  }

  /** Undoes the steps. Rejects with `DaqError("format")` when the input is not `decodedBytes` encoded with them. */
  async decode(
    input: Block,
    length: number,
    steps: readonly EncodeStep[],
    decodedBytes: number,
  ): Promise<JobResult> {
    return this.#run("decode", input, length, steps, decodedBytes, decodeNeeds(steps, decodedBytes));
  }

  /** Calls one kernel. The addresses are those of blocks that the caller keeps; a wrong one damages others' memory. */
  call(kernel: keyof Kernels, args: readonly KernelArgument[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#enqueue({
        what: `the kernel ${kernel}`,
        // Nothing tells how much work it is: each call has a message of its own.
        weight: batchWeight,
        input: undefined,
        hasResult: false,
        isKept: false,
        resultBytes: 0,
        spareBytes: 0,
        message: (id) => ({ id, kind: "call", kernel, args }),
        done: resolve,
        failed: reject,
      });
    });
  }

  /** Ends the threads after the jobs that they have. Work that was not begun is rejected. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    this.#rejectQueued(closedError);
    await Promise.all([...this.#threads.values()].map((thread) => thread.close()));
  }

  #run(
    kind: "encode" | "decode",
    input: Block,
    length: number,
    steps: readonly EncodeStep[],
    decodedBytes: number,
    needs: PipelineNeeds,
    besides?: Required<Besides> & { readonly checksum: boolean },
  ): Promise<CheckedResult> {
    if (!Number.isInteger(length) || length < 0 || length > input.bytes.byteLength)
      throw new RangeError(`A block of ${input.bytes.byteLength} bytes has no first ${length} bytes.`);
    const what = `${steps.map(({ codec }) => codec).join(" + ") || "a copy"} of ${length} bytes`;
    const { outputs } = this.#memory;
    if (outputs.pagesFor(needs.resultBytes) + outputs.pagesFor(needs.spareBytes) > outputs.bytes)
      throw new DaqError(
        "format",
        `The workers' memory for results (${outputs.bytes} bytes) is too small for ${what}.`,
        {
          hint: "Choose a smaller chunk_size (records per chunk); a program can give the pool more memoryBytes.",
        },
      );
    return new Promise((resolve, reject) => {
      this.#enqueue({
        what,
        weight: Math.max(length, kind === "decode" ? decodedBytes : 0),
        input,
        hasResult: true,
        isKept: besides?.keep ?? false,
        resultBytes: needs.resultBytes,
        spareBytes: needs.spareBytes,
        message: (id, { result, spare }) => ({
          id,
          kind,
          steps,
          decodedBytes,
          source: input.address,
          length,
          result,
          spare,
          ...(besides === undefined ? {} : { before: besides.before, checksum: besides.checksum }),
        }),
        done: (resultLength, { space, result, resultBytes }, checksum = 0) => {
          const isKept = space !== outputs;
          // What is kept stays as large as it was reserved: the next result of that size fits into the same place, and only
          // the memory that one of them needed is ever touched. Remainders would fit nothing, and use up addresses.
          if (!isKept) space.shrink(result, resultBytes, resultLength);
          const block = this.#blocks.adopt(space, result, isKept ? resultBytes : resultLength);
          resolve({ block, length: resultLength, checksum, isKept });
        },
        failed: reject,
      });
    });
  }

  #enqueue(job: Omit<PendingJob, "id" | "areas" | "endedWorkers">): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isClosing) throw closedError(job.what);
    if (job.input !== undefined) this.#blocks.startReading(job.input);
    // Ids are 32-bit words in the workers' progress; 0 is none.
    this.#lastId = (this.#lastId % 0x7fff_ffff) + 1;
    this.#queue.push({ ...job, id: this.#lastId, areas: undefined, endedWorkers: 0 });
    this.#queueWeight += job.weight;
    this.#dispatch();
  }

  /** Posts what can be begun: a thread must have room for it, and the outputs' memory. */
  #dispatch(): void {
    while (this.#queue.length > 0) {
      const thread = this.#leastBusyThread();
      if (thread === undefined) return;
      const batch = this.#nextBatch(thread);
      if (batch.length === 0) return;
      thread.post(batch);
    }
  }

  #leastBusyThread(): PoolWorker | undefined {
    let least: PoolWorker | undefined;
    for (const thread of this.#threads.values())
      if (thread.isReady && thread.batches < (least?.batches ?? batchesAtWorker)) least = thread;
    return least;
  }

  #nextBatch(thread: PoolWorker): Job[] {
    const batch: Job[] = [];
    // Few small jobs are spread over the threads rather than sent to one.
    const enough = Math.min(batchWeight, this.#queueWeight / this.workers);
    let weight = 0;
    while (this.#queue.length > 0 && batch.length < maxBatchJobs && (batch.length === 0 || weight < enough)) {
      const job = this.#queue[0]!;
      const areas = this.#reserve(job);
      if (areas === undefined) break;
      this.#queue.shift();
      this.#queueWeight -= job.weight;
      weight += job.weight;
      job.areas = areas;
      this.#posted.set(job.id, { job, thread });
      batch.push(job.message(job.id, areas));
    }
    return batch;
  }

  #reserve({ resultBytes, spareBytes, hasResult, isKept }: PendingJob): JobAreas | undefined {
    const { outputs, kept } = this.#memory;
    if (!hasResult) return { space: outputs, result: 0, resultBytes: 0, spare: 0, spareBytes: 0 };
    const keptResult = isKept ? kept.take(resultBytes) : undefined;
    const space = keptResult === undefined ? outputs : kept;
    const result = keptResult ?? outputs.take(resultBytes);
    if (result === undefined) return undefined;
    const spare = spareBytes === 0 ? 0 : outputs.take(spareBytes);
    if (spare !== undefined) return { space, result, resultBytes, spare, spareBytes };
    space.give(result, resultBytes);
    return undefined;
  }

  #release({ areas, hasResult }: PendingJob, keepsResult: boolean): void {
    if (!hasResult || areas === undefined) return;
    if (areas.spareBytes > 0) this.#memory.outputs.give(areas.spare, areas.spareBytes);
    if (!keepsResult) areas.space.give(areas.result, areas.resultBytes);
  }

  #settle(outcome: JobOutcome): void {
    const { job } = this.#posted.get(outcome.id)!;
    this.#posted.delete(outcome.id);
    const isDone = "value" in outcome;
    this.#release(job, isDone);
    if (job.input !== undefined) this.#blocks.stopReading(job.input);
    if (isDone) job.done(outcome.value, job.areas!, outcome.checksum);
    else job.failed(jobError(job.what, outcome.failure));
  }

  #startThread(slot: number): void {
    const start = {
      module: this.#module,
      memory: this.#memory.memory,
      scratch: this.#memory.scratchOf(slot),
      progress: this.#memory.progressOf(slot),
    };
    const thread = new PoolWorker(slot, start, {
      onReady: () => this.#threadReady(),
      onOutcomes: (outcomes) => {
        for (const outcome of outcomes) this.#settle(outcome);
        this.#dispatch();
      },
      onEnd: (ended, reason, cause) => this.#threadEnded(ended, reason, cause),
    });
    this.#threads.set(slot, thread);
  }

  #threadReady(): void {
    if ([...this.#threads.values()].every(({ isReady }) => isReady)) this.#started.resolve();
    this.#dispatch();
  }

  #threadEnded(thread: PoolWorker, reason: string, cause: unknown): void {
    this.#threads.delete(thread.slot);
    const culprit = this.#memory.jobAt(thread.slot);
    this.#memory.clearProgress(thread.slot);
    const again: PendingJob[] = [];
    for (const [id, { job, thread: itsThread }] of this.#posted) {
      if (itsThread !== thread) continue;
      this.#posted.delete(id);
      this.#release(job, false);
      job.areas = undefined;
      job.endedWorkers++;
      if (id !== culprit && job.endedWorkers < maxEndedWorkers && !this.#isClosing) again.push(job);
      else this.#reject(job, endedError(job.what, reason, cause));
    }
    this.#queue.unshift(...again);
    this.#queueWeight += again.reduce((sum, { weight }) => sum + weight, 0);
    if (this.#isClosing) return;
    // A thread that cannot even start would not do so the next time.
    if (thread.isReady) this.#startThread(thread.slot);
    else if (this.#threads.size === 0) this.#fail(reason, cause);
    else this.#threadReady();
  }

  #fail(reason: string, cause: unknown): void {
    this.#failure = new DaqError("process", `No compression worker can be started: ${reason}`, {
      hint: "Run `daq doctor`; installing the package again repairs a file that is missing.",
      cause,
    });
    this.#started.promise.catch(() => undefined);
    this.#started.reject(this.#failure);
    this.#rejectQueued(() => this.#failure!);
  }

  #rejectQueued(errorOf: (what: string) => DaqError): void {
    this.#queueWeight = 0;
    for (const job of this.#queue.splice(0)) this.#reject(job, errorOf(job.what));
    this.#blocks.rejectWaiting((bytes) => errorOf(`the wait for a block of ${bytes} bytes`));
  }

  #reject(job: PendingJob, error: DaqError): void {
    if (job.input !== undefined) this.#blocks.stopReading(job.input);
    job.failed(error);
  }
}

let shared: Promise<WorkerPool> | undefined;

/** The pool of this process, with the default settings; started at the first call. It does not keep the process alive. */
export function sharedPool(): Promise<WorkerPool> {
  if (shared === undefined) {
    const starting = WorkerPool.start();
    shared = starting;
    // What prevented it may be gone at the next call.
    starting.catch(() => {
      shared = undefined;
    });
  }
  return shared;
}
