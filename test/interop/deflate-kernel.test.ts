import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { deflateInputs } from "../kernels/deflate-inputs.ts";
import { GuardedMemory } from "../kernels/guarded-memory.ts";
import { noise, pixels, words } from "../kernels/sample-bytes.ts";

const python = process.env.PYTHON ?? "python3";
const script = join(import.meta.dirname, "deflate_inflate.py");

type Stream = { readonly stream: string; readonly original: string };

/** By library, the streams that it does not inflate to the original; no library without a Python. */
function inflateWithPeers(streams: readonly Stream[]): { readonly [library: string]: readonly string[] } {
  try {
    return JSON.parse(
      execFileSync(python, [script], {
        input: JSON.stringify(streams),
        encoding: "utf8",
        maxBuffer: 2 ** 26,
        stdio: ["pipe", "pipe", "inherit"],
      }),
    ) as { readonly [library: string]: readonly string[] };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

const known = inflateWithPeers([]);
const folder = mkdtempSync(join(tmpdir(), "daq-deflate-interop-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const largestBytes = 500_000;
const memory = new GuardedMemory(largestBytes, largestBytes);
const { kernels } = memory;

const lengths = [...Array.from({ length: 40 }, (_, at) => at), 100, 255, 256, 257, 300, 599, 600];
const inputs = [
  ...deflateInputs(),
  ...lengths.flatMap((length) => [
    { name: `${length} zeros`, bytes: new Uint8Array(length) },
    { name: `${length} bytes of noise`, bytes: noise(length, length) },
    { name: `${length} bytes of pixels`, bytes: pixels(length, length) },
    { name: `${length} bytes of words`, bytes: words(length, length) },
  ]),
];

/** Level 0 stands for the fast one. */
function deflate(bytes: Uint8Array, level: number): Uint8Array {
  const { returned, target } = memory.run(bytes, largestBytes, ({ source, target: to, scratch }) =>
    level === 0
      ? kernels.deflateFast(source, bytes.length, to, largestBytes, scratch)
      : kernels.deflateDense(source, bytes.length, to, largestBytes, scratch, level),
  );
  assert.ok(returned > 0);
  return target.subarray(0, returned);
}

for (const library of ["zlib", "libdeflate"])
  test(`${library} inflates every stream to the same bytes`, {
    skip: library in known ? false : `${python} has no ${library}; set PYTHON to one that has imagecodecs`,
  }, () => {
    const streams = inputs.flatMap(({ bytes }, at) => {
      const original = join(folder, `${at}.original`);
      writeFileSync(original, bytes);
      return [0, 2, 5, 9].map((level) => {
        const stream = join(folder, `${at}.${level}`);
        writeFileSync(stream, deflate(bytes, level));
        return { stream, original };
      });
    });
    const problems = inflateWithPeers(streams)[library]!.map((problem) => {
      const [at, level] = problem.split(".");
      return `${inputs[Number(at)]?.name}, level ${level}`;
    });
    assert.deepEqual(problems, []);
  });
