import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { decodeBytes, type EncodeStep, encodeBytes } from "../../src/bytes/compress/codec.ts";
import { contents, edgeLengths } from "../../src/bytes/compress/sample-bytes.test.ts";

const python = process.env.PYTHON ?? "python3";
const script = join(import.meta.dirname, "codecs.py");

type Theirs = {
  readonly file: string;
  readonly content: string;
  readonly library: string;
  readonly step: EncodeStep;
};

type Answer = {
  readonly libraries: { readonly [name: string]: string };
  /** By file and library: a digest, or what went wrong. */
  readonly ours: { readonly [file: string]: { readonly [library: string]: string } };
  readonly theirs: readonly Theirs[];
};

function run(args: readonly string[]): Answer | undefined {
  try {
    return JSON.parse(
      execFileSync(python, [script, ...args], {
        encoding: "utf8",
        maxBuffer: 2 ** 28,
        stdio: ["ignore", "pipe", "inherit"],
      }),
    ) as Answer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

const libraries = run([])?.libraries ?? {};
const skip =
  "imagecodecs" in libraries || "pyarrow" in libraries
    ? false
    : `${python} has neither imagecodecs nor pyarrow; set PYTHON to one that has`;

const steps: readonly EncodeStep[] = [
  ...[1, 2, 3, 8].map((elementBytes) => ({ codec: "shuffle", elementBytes }) as const),
  ...[1, 2, 4, 8].map((elementBytes) => ({ codec: "bitshuffle", elementBytes }) as const),
  ...[0, 1, 3, 4, 9].flatMap((level) =>
    (["deflate", "zlib", "gzip"] as const).map((codec) => ({ codec, level })),
  ),
  { codec: "lz4-block" },
  { codec: "lz4-frame" },
  { codec: "snappy" },
  { codec: "zstd", level: 1 },
  { codec: "zstd", level: 9 },
  ...(["lz4", "zstd", "zlib"] as const).flatMap((inner) =>
    (["none", "byte", "bit"] as const).flatMap((shuffle) =>
      [1, 2, 8].map((elementBytes) => ({ codec: "blosc", inner, shuffle, elementBytes, level: 1 }) as const),
    ),
  ),
  { codec: "blosc", inner: "lz4", shuffle: "byte", elementBytes: 2, level: 0 },
  { codec: "blosc", inner: "lz4", shuffle: "byte", elementBytes: 3, level: 5 },
  { codec: "hdf5-lz4" },
  { codec: "hdf5-lz4", blockBytes: 5000 },
  ...(["none", "lz4", "zstd"] as const).map(
    (inner) => ({ codec: "hdf5-bitshuffle", elementBytes: 1, inner }) as const,
  ),
  { codec: "hdf5-bitshuffle", elementBytes: 8, inner: "none" },
  { codec: "fletcher32" },
];

const wholeElements: readonly EncodeStep[] = [2, 4, 8].flatMap((elementBytes) =>
  (["lz4", "zstd"] as const).map((inner) => ({ codec: "hdf5-bitshuffle", elementBytes, inner }) as const),
);

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function textOf(step: EncodeStep): string {
  return Object.values(step).join(" ");
}

describe("other implementations of the codecs", { skip }, () => {
  let folder: string;
  let answer: Answer;
  const digests = new Map<
    string,
    { readonly digest: string; readonly what: string; readonly step: EncodeStep }
  >();
  const raw = new Map<string, Uint8Array>();

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "daq-codecs-"));
    const ours: { file: string; step: EncodeStep; size: number }[] = [];
    for (const [content, make] of Object.entries(contents))
      for (const size of edgeLengths) {
        if (size > 1 << 20 && content !== "picture") continue;
        const bytes = make(size);
        const possible = [...steps, ...(size % 8 === 0 ? wholeElements : [])];
        for (const step of possible) {
          const file = `ours-${ours.length}`;
          writeFileSync(join(folder, file), encodeBytes(bytes, [step]));
          ours.push({ file, step, size });
          digests.set(file, {
            digest: digestOf(bytes),
            what: `${textOf(step)}, ${size} bytes of ${content}`,
            step,
          });
        }
        if (size < 128) continue;
        raw.set(`${content}-${size}`, bytes);
        writeFileSync(join(folder, `${content}-${size}`), bytes);
      }
    writeFileSync(join(folder, "ours.json"), JSON.stringify({ ours, contents: [...raw.keys()] }));
    answer = run([folder])!;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("decode what we encode to the same bytes", () => {
    const libraryOf = new Map<string, Set<string>>();
    const wrong: string[] = [];
    for (const [file, seen] of Object.entries(answer.ours)) {
      const { digest, what, step } = digests.get(file)!;
      for (const [library, found] of Object.entries(seen)) {
        if (found !== digest) wrong.push(`${library}: ${what}: ${found}`);
        libraryOf.set(step.codec, (libraryOf.get(step.codec) ?? new Set()).add(library));
      }
    }
    assert.deepEqual(wrong.slice(0, 10), []);
    if ("imagecodecs" in libraries) {
      const codecs = new Set([...steps, ...wholeElements].map(({ codec }) => codec));
      assert.deepEqual(
        [...codecs].filter((codec) => !libraryOf.has(codec)),
        [],
        "each was decoded by somebody",
      );
    }
  });

  test("encode what we decode to the same bytes", () => {
    const wrong: string[] = [];
    for (const { file, content, library, step } of answer.theirs) {
      const bytes = raw.get(content)!;
      try {
        const decoded = decodeBytes(readFileSync(join(folder, file)), [step], bytes.byteLength);
        if (!Buffer.from(bytes).equals(decoded))
          wrong.push(`${library}: ${textOf(step)} of ${content}: other bytes`);
      } catch (error) {
        wrong.push(`${library}: ${textOf(step)} of ${content}: ${(error as Error).message}`);
      }
    }
    assert.deepEqual(wrong.slice(0, 10), []);
    assert.ok(answer.theirs.length > 0);
  });
});
