import assert from "node:assert/strict";
import { test } from "node:test";
import { PlainOutput } from "./plain-output.ts";

const chunkOf = (value: number): Uint8Array => new Uint8Array(8).fill(value);

test("a chunk is put from a copy, and the next from where it lies while the first is under way", async () => {
  const output = new PlainOutput(8);
  const done = Promise.withResolvers<void>();
  const put: { bytes: Uint8Array; aside: boolean | undefined }[] = [];
  const first = chunkOf(1);
  await output.write(first, async (bytes, aside) => {
    put.push({ bytes, aside });
    await done.promise;
  });
  first.fill(9);
  const second = chunkOf(2);
  await output.write(second, async (bytes, aside) => {
    put.push({ bytes, aside });
  });
  assert.deepEqual(
    put.map(({ aside }) => aside),
    [true, false],
  );
  assert.deepEqual(put[0]!.bytes, chunkOf(1));
  assert.equal(put[1]!.bytes, second);
  done.resolve();
  await output.settled();
});

test("a chunk that is held is a copy, also where it is put at once, and nothing is put of one that is dropped", async () => {
  const output = new PlainOutput(8);
  const chunk = chunkOf(3);
  const put: Uint8Array[] = [];
  const keep = async (bytes: Uint8Array): Promise<void> => {
    put.push(bytes.slice());
  };
  output.hold(chunk).drop();
  const [one, two] = [output.hold(chunk), output.hold(chunk)];
  chunk.fill(9);
  await Promise.all([one.send(keep), two.send(keep)]);
  await output.settled();
  assert.deepEqual(put, [chunkOf(3), chunkOf(3)]);
});

test("a chunk that could not be put aside is heard of by what comes next, and by whoever waits for the end", async () => {
  const output = new PlainOutput(8);
  const failure = new Error("no space");
  await output.write(chunkOf(1), () => Promise.reject(failure));
  await assert.rejects(output.settled(), failure);
  await assert.rejects(
    output.write(chunkOf(2), async () => {}),
    failure,
  );
  await assert.rejects(output.settled(), failure);
});
