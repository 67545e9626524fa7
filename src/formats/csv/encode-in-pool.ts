import type { EncodeStep } from "../../bytes/compress/encode-step.ts";
import { type Block, sharedPool, type WorkerPool } from "../../bytes/pool/worker-pool.ts";
import type { RowLayout } from "../../bytes/row-text/row-layout.ts";
import type { Batch } from "../../model/batch.ts";

/** Rows, and room for their text, that a worker gets at a time: half a millisecond of work, beside some 50 µs to hand it over. */
const sliceBytes = 2 << 20;

/** What a worker is at, what waits for it, and one that is being written. */
const slicesPerWorker = 2;

type Slice = {
  readonly input: Block;
  /** The bytes for the file; in `input` where there are no steps. */
  readonly encoded: Promise<{ readonly block: Block; readonly length: number }>;
};

/**
 * The text of a batch, in slices of whole rows that the workers make at the same time, each with `steps` applied to it.
 * Slices come in order, are *borrowed* until the next one is asked for, and are few at any time. The batch is read until
 * the last slice has come.
 */
export async function* encodeInPool(
  layout: RowLayout,
  batch: Batch,
  steps: readonly EncodeStep[],
): AsyncGenerator<Uint8Array, void, void> {
  const pool = await sharedPool();
  const mostSlices = pool.workers * slicesPerWorker + 1;
  const rowsPerSlice = evenRows(batch.count, layout.rowsIn(sliceBytes), pool.workers);
  const slices: Slice[] = [];
  try {
    for (let first = 0; first < batch.count || slices.length > 0; ) {
      while (first < batch.count && slices.length < mostSlices) {
        const rows = Math.min(rowsPerSlice, batch.count - first);
        const bytes = layout.areaBytes(rows);
        // Whoever waits for memory holds none, so that nobody waits for ever.
        const input = slices.length === 0 ? await pool.take(bytes) : pool.tryTake(bytes);
        if (input === undefined) break;
        slices.push(startSlice(pool, layout, batch, first, rows, input, steps));
        first += rows;
      }
      const { block, length } = await slices[0]!.encoded;
      yield block.bytes.subarray(0, length);
      await release(pool, slices.shift()!);
    }
  } finally {
    // Workers may still be writing to blocks whose text nobody wants any more.
    for (const slice of slices) await release(pool, slice);
  }
}

function startSlice(
  pool: WorkerPool,
  layout: RowLayout,
  batch: Batch,
  first: number,
  rows: number,
  input: Block,
  steps: readonly EncodeStep[],
): Slice {
  const encode = async () => {
    const length = await pool.call("encodeRows", layout.fill(input, batch, first, rows));
    layout.checkAllWritten(input, rows);
    return steps.length === 0 ? { block: input, length } : pool.encode(input, length, steps);
  };
  const encoded = encode();
  // Whoever takes the slices sees the error at its turn.
  encoded.catch(() => undefined);
  return { input, encoded };
}

async function release(pool: WorkerPool, { input, encoded }: Slice): Promise<void> {
  const [outcome] = await Promise.allSettled([encoded]);
  if (outcome.status === "fulfilled" && outcome.value.block !== input) pool.give(outcome.value.block);
  pool.give(input);
}

/** Rows of each slice so that all workers have equally many slices, of nearly equal size. */
function evenRows(count: number, most: number, workers: number): number {
  const rounds = Math.ceil(count / (most * workers));
  return Math.ceil(count / (rounds * workers));
}
