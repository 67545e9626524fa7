import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import type { Worker } from "node:worker_threads";
import { crc32, inflateSync } from "node:zlib";
import { DaqError } from "../../model/errors.ts";
import { type Block, WorkerPool } from "./worker-pool.ts";

const mebibyte = 1 << 20;

/** Bytes that compress a little, different for each seed. */
function sample(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = (at >> 6) ^ ((state >>> 24) & 7);
  }
  return bytes;
}

async function filled(pool: WorkerPool, bytes: Uint8Array): Promise<Block> {
  const block = await pool.take(bytes.byteLength);
  block.bytes.set(bytes);
  return block;
}

function isProcessError(message: RegExp) {
  return (error: unknown) =>
    error instanceof DaqError && error.code === "process" && message.test(error.message);
}

describe("a pool of workers", () => {
  let pool: WorkerPool;
  const threads: Worker[] = [];
  const remember = (worker: Worker): void => {
    threads.push(worker);
  };
  before(async () => {
    process.on("worker", remember);
    pool = await WorkerPool.start({ workers: 2, memoryBytes: 32 * mebibyte });
  });
  after(async () => {
    process.off("worker", remember);
    await pool.close();
  });

  test("kernels that go with a job are called before it, and it gives the checksum of what it made", async () => {
    const bytes = sample(100_000);
    const input = await filled(pool, bytes);
    const extremes = await pool.take(16);
    const args = [8, input.address, 12_500, extremes.address];
    const before = [{ kernel: "extremesOfFloats", args }] as const;
    const values = new Float64Array(bytes.buffer).filter((value) => !Number.isNaN(value));
    const found = new Float64Array(extremes.bytes.buffer, extremes.bytes.byteOffset, 2);
    for (let round = 0; round < 50; round++) {
      found.fill(0);
      assert.equal(await pool.checksum(input, bytes.byteLength, { before }), crc32(bytes));
      assert.deepEqual([...found], [Math.min(...values), Math.max(...values)]);
    }
    found.fill(0);
    const steps = [{ codec: "snappy" }] as const;
    const { block, length, checksum } = await pool.encodeChecked(input, bytes.byteLength, steps, { before });
    assert.equal(checksum, crc32(block.bytes.subarray(0, length)));
    assert.deepEqual([...found], [Math.min(...values), Math.max(...values)]);
    const decoded = await pool.decode(block, length, steps, bytes.byteLength);
    assert.deepEqual(decoded.block.bytes.slice(0, decoded.length), bytes);
    for (const each of [input, extremes, block, decoded.block]) pool.give(each);
  });

  test("encodes and decodes blocks, and leaves the input as it was", async () => {
    const bytes = sample(3 * mebibyte + 5);
    const input = await filled(pool, bytes);
    const steps = [
      { codec: "shuffle", elementBytes: 8 },
      { codec: "zlib", level: 1 },
    ] as const;
    const encoded = await pool.encode(input, bytes.byteLength, steps);
    assert.deepEqual(input.bytes.slice(0, bytes.byteLength), bytes);
    const decoded = await pool.decode(encoded.block, encoded.length, steps, bytes.byteLength);
    assert.equal(decoded.length, bytes.byteLength);
    assert.deepEqual(decoded.block.bytes.slice(0, decoded.length), bytes);
    for (const { block } of [encoded, decoded]) pool.give(block);
    pool.give(input);
  });

  test("a thousand small jobs and a few large ones all come back with their own bytes", async () => {
    const round = async (length: number, seed: number): Promise<void> => {
      const bytes = sample(length, seed);
      const input = await filled(pool, bytes);
      const { block, length: encodedLength } = await pool.encode(input, length, [
        { codec: "zlib", level: 1 },
      ]);
      assert.deepEqual(new Uint8Array(inflateSync(block.bytes.subarray(0, encodedLength))), bytes);
      pool.give(block);
      pool.give(input);
    };
    const small = Array.from({ length: 1000 }, (_, index) => round((index * 37) % 5000, index));
    const large = Array.from({ length: 6 }, (_, index) => round(2 * mebibyte + index, index));
    await Promise.all([...small, ...large]);
  });

  test("blocks start at pages, and who waits for one gets it in the order of asking", async () => {
    const all: Block[] = [];
    for (let block = pool.tryTake(mebibyte); block !== undefined; block = pool.tryTake(mebibyte))
      all.push(block);
    assert.equal(all.length, 12, "3/8 of the bound are for inputs");
    assert.ok(all.every(({ address }) => address % 4096 === 0));
    const order: string[] = [];
    const large = pool.take(2 * mebibyte).then((block) => {
      order.push("large");
      return block;
    });
    const small = pool.take(1).then((block) => {
      order.push("small");
      return block;
    });
    pool.give(all.pop()!);
    assert.equal(pool.tryTake(1), undefined, "nobody overtakes");
    pool.give(all.pop()!);
    pool.give(all.pop()!);
    for (const block of [await large, await small]) pool.give(block);
    assert.deepEqual(order, ["large", "small"]);
    for (const block of all) pool.give(block);
    await assert.rejects(pool.take(13 * mebibyte), /is more than the workers' memory has/);
  });

  test("jobs get memory although all of the inputs' is taken, and wait while results are kept", async () => {
    const inputs = await Promise.all(Array.from({ length: 12 }, () => pool.take(mebibyte)));
    const results = await Promise.all(inputs.map((input) => pool.encode(input, mebibyte, [])));
    const more = inputs.map((input) => pool.encode(input, mebibyte, []));
    const first = await Promise.race([
      Promise.all(more),
      new Promise((r) => setTimeout(() => r("waits"), 100)),
    ]);
    assert.equal(first, "waits", "20 MiB are not 24");
    for (const { block } of results) pool.give(block);
    for (const { block } of await Promise.all(more)) pool.give(block);
    for (const input of inputs) pool.give(input);
  });

  test("a block that is given back twice, early, or is of another pool is an error", async () => {
    const block = await pool.take(10);
    const job = pool.encode(block, 10, []);
    assert.throws(() => pool.give(block), /while a job reads it/);
    pool.give((await job).block);
    pool.give(block);
    assert.throws(() => pool.give(block), /given back before/);
    assert.throws(() => pool.give({ address: block.address, bytes: block.bytes }), /not one of this pool's/);
    await assert.rejects(pool.encode(block, 10, []), /not one of this pool's/);
  });

  test("impossible steps, lengths and sizes are refused before anything is posted", async () => {
    const block = await pool.take(10);
    await assert.rejects(pool.encode(block, 10, [{ codec: "zlib", level: 10 }]), /zlib has no level 10/);
    await assert.rejects(pool.encode(block, 5000, []), /no first 5000 bytes/);
    await assert.rejects(
      pool.decode(block, 10, [{ codec: "zlib", level: 1 }], 64 * mebibyte),
      /too small for zlib of 10 bytes/,
    );
    pool.give(block);
  });

  test("damaged input rejects its job with the cause, and the worker goes on", async () => {
    const input = await filled(pool, sample(1000));
    const steps = [{ codec: "zlib", level: 1 }] as const;
    await assert.rejects(
      pool.decode(input, 1000, steps, 1000),
      (error: unknown) =>
        error instanceof DaqError &&
        error.code === "format" &&
        /zlib data is damaged: .*header/.test(error.message),
    );
    const { block } = await pool.encode(input, 1000, steps);
    pool.give(block);
    pool.give(input);
  });

  test("a kernel that leaves the memory rejects its call with the cause", async () => {
    await assert.rejects(pool.call("shuffle", [2, 2 ** 32 - 64, 1 << 20, "scratch"]), (error: unknown) => {
      assert.ok(isProcessError(/failed at the kernel shuffle: .*out of bounds/)(error));
      return (error as Error).cause instanceof Error;
    });
  });

  test("a kernel is called with addresses of blocks and the worker's own scratch", async () => {
    const input = await filled(pool, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    const output = await pool.take(8);
    await pool.call("shuffle", [2, input.address, 8, output.address]);
    assert.deepEqual([...output.bytes.subarray(0, 8)], [1, 3, 5, 7, 2, 4, 6, 8]);
    await pool.call("shuffle", [4, input.address, 8, "scratch"]);
    for (const block of [input, output]) pool.give(block);
  });

  test("a worker that is ended rejects the job it was at, is replaced, and the others' jobs are done", async () => {
    const bytes = sample(4 * mebibyte);
    const input = await filled(pool, bytes);
    // Both have their libraries before one is ended: koffi aborts the process when its thread ends while it loads one.
    const first = Array.from({ length: 4 }, () =>
      pool.encode(input, mebibyte, [{ codec: "zstd", level: 1 }]),
    );
    for (const { block } of await Promise.all(first)) pool.give(block);
    const slow = pool.encode(input, bytes.byteLength, [{ codec: "zstd", level: 19 }]);
    const others = Array.from({ length: 40 }, () => pool.encode(input, 1000, [{ codec: "zlib", level: 1 }]));
    const outcome = slow.then(
      () => "done",
      (error: unknown) => error,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = threads.length;
    const ended = threads.slice(-2);
    // The one that is at the slow job; the other is idle by now, and must not matter.
    await Promise.all(ended.map((thread) => thread.terminate()));
    const error = await outcome;
    assert.ok(
      isProcessError(/^A worker ended at zstd of 4194304 bytes \(exit code 1\)/)(error),
      String(error),
    );
    for (const { block, length } of await Promise.all(others)) {
      assert.deepEqual(new Uint8Array(inflateSync(block.bytes.subarray(0, length))), bytes.subarray(0, 1000));
      pool.give(block);
    }
    assert.equal(threads.length, before + 2);
    const { block } = await pool.encode(input, 1000, []);
    pool.give(block);
    pool.give(input);
  });
});

test("closing lets jobs at work end, and rejects those that were not begun", async () => {
  const pool = await WorkerPool.start({ workers: 1, memoryBytes: 16 * mebibyte });
  const input = await filled(pool, sample(2 * mebibyte));
  const jobs = Array.from({ length: 6 }, () =>
    pool.encode(input, 2 * mebibyte, [{ codec: "zlib", level: 1 }]),
  );
  const wait = pool.take(5 * mebibyte);
  const outcomes = Promise.allSettled([...jobs, wait]);
  await Promise.all([pool.close(), pool.close()]);
  const settled = await outcomes;
  assert.deepEqual(
    settled.map(({ status }) => status),
    ["fulfilled", "fulfilled", "fulfilled", "rejected", "rejected", "rejected", "rejected"],
  );
  for (const { reason } of settled.slice(3) as PromiseRejectedResult[])
    assert.ok(isProcessError(/was closed before it began/)(reason));
  await assert.rejects(pool.encode(input, 10, []), /was closed/);
  await assert.rejects(pool.take(10), /was closed/);
});

test("memory and workers that cannot be are refused", async () => {
  await assert.rejects(WorkerPool.start({ workers: 0 }), RangeError);
  await assert.rejects(WorkerPool.start({ workers: 1, memoryBytes: 2 ** 33 }), isProcessError(/cannot have/));
  await assert.rejects(WorkerPool.start({ workers: 1, memoryBytes: 1000 }), isProcessError(/cannot have/));
});

test("what is kept for long has memory of its own, is worked on like any block, and is used again", async () => {
  const own = await WorkerPool.start({ workers: 1, memoryBytes: 8 * mebibyte, keptBytes: 4 * mebibyte });
  const bytes = sample(mebibyte);
  const kept = Array.from({ length: 4 }, () => own.tryKeep(mebibyte)!);
  assert.equal(own.tryKeep(1), undefined);
  for (const block of kept) block.bytes.set(bytes);
  // All of the other memory is there beside it.
  const input = await own.take(3 * mebibyte);
  const sums = await Promise.all(kept.map((block) => own.checksum(block, mebibyte)));
  assert.deepEqual(sums, Array(4).fill(crc32(bytes)));
  // Results go there too; where it is full, to the other memory.
  const results = [];
  const encode = () => own.encodeChecked(input, mebibyte, [{ codec: "snappy" }], { keep: true });
  input.bytes.set(bytes);
  results.push(await encode());
  for (const block of kept.slice(0, 2)) own.give(block);
  results.push(await encode());
  assert.deepEqual(
    results.map(({ isKept }) => isKept),
    [false, true],
  );
  for (const { block, length, checksum } of results) {
    assert.equal(checksum, crc32(block.bytes.subarray(0, length)));
    const decoded = await own.decode(block, length, [{ codec: "snappy" }], mebibyte);
    assert.deepEqual(decoded.block.bytes.slice(0, mebibyte), bytes);
    own.give(decoded.block);
    own.give(block);
  }
  for (const place of [0, 1]) assert.equal(own.tryKeep(mebibyte)!.address, kept[place]!.address);
  own.give(kept[2]!);
  assert.equal(own.tryKeep(mebibyte)!.address, kept[2]!.address);
  assert.throws(() => own.give(kept[2]!), /given back before/);
  own.give(input);
  await own.close();
});

test("what is kept takes the places of what was kept before, whatever it was compressed to, and no further ones", async () => {
  const own = await WorkerPool.start({ workers: 1, memoryBytes: 8 * mebibyte, keptBytes: 64 * mebibyte });
  const input = await own.take(mebibyte);
  const places = new Set<number>();
  const alive: Block[][] = [];
  for (let round = 0; round < 12; round++) {
    // Half of them stay from one round to the next, as the pages of one row group do while another one is written.
    const group: Block[] = [];
    for (let page = 0; page < 4; page++) {
      input.bytes.set(round % 3 === 0 ? sample(mebibyte, 1 + page) : new Uint8Array(mebibyte));
      const { block, isKept } = await own.encodeChecked(input, mebibyte, [{ codec: "snappy" }], {
        keep: true,
      });
      assert.equal(isKept, true);
      places.add(block.address);
      group.push(block);
    }
    alive.push(group);
    if (alive.length > 2) for (const block of alive.shift()!) own.give(block);
  }
  assert.equal(places.size, 3 * 4);
  await own.close();
});

describe("in a process of its own", () => {
  const run = promisify(execFile);
  const poolPath = JSON.stringify(new URL("./worker-pool.ts", import.meta.url).href);
  const node = (script: string, ...flags: string[]) =>
    run(process.execPath, [...flags, "--input-type=module", "--eval", script], { timeout: 20_000 });

  test("the shared pool is one, and does not keep the process alive", async () => {
    const { stdout } = await node(`
      import { sharedPool } from ${poolPath};
      const pool = await sharedPool();
      const block = await pool.take(100);
      const { length } = await pool.encode(block, 100, []);
      console.log(length, pool === await sharedPool());
    `);
    assert.equal(stdout.trim(), "100 true");
  });

  test("process.exit in a worker rejects its job with the exit code", async () => {
    const exit = `data:text/javascript,${encodeURIComponent(`
      import { isMainThread } from "node:worker_threads";
      const { copyWithin } = Uint8Array.prototype;
      if (!isMainThread) Uint8Array.prototype.copyWithin = function (target, start, end) {
        if (end - start === 13) process.exit(7);
        return copyWithin.call(this, target, start, end);
      };
    `)}`;
    const { stdout } = await node(
      `
      import { WorkerPool } from ${poolPath};
      const pool = await WorkerPool.start({ workers: 2, memoryBytes: 4 << 20 });
      const block = await pool.take(100);
      const results = await Promise.allSettled([100, 13, 50, 60].map((length) => pool.encode(block, length, [])));
      console.log(JSON.stringify(results.map(({ value, reason }) => value?.length ?? reason.message)));
      await pool.close();
    `,
      `--import=${exit}`,
    );
    const [first, second, ...rest] = JSON.parse(stdout) as unknown[];
    assert.deepEqual([first, ...rest], [100, 50, 60]);
    assert.match(String(second), /A worker ended at a copy of 13 bytes \(exit code 7\)/);
  });

  test("a worker that cannot start makes the start fail with the reason", async () => {
    const fail =
      "data:text/javascript,import t from 'node:worker_threads'; if (!t.isMainThread) throw Error('no luck')";
    const { stdout } = await node(
      `
      import { WorkerPool } from ${poolPath};
      console.log(await WorkerPool.start({ workers: 2 }).catch(({ name, message }) => name + ": " + message));
    `,
      `--import=${fail}`,
    );
    assert.match(stdout, /^DaqError: No compression worker can be started: no luck/);
  });
});
