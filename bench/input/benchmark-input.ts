import { open } from "node:fs/promises";
import { join } from "node:path";
import { DaqError } from "../../src/model/errors.ts";
import type { StreamSchema } from "../../src/model/stream-schema.ts";
import { sampleColumns } from "./generate-input.ts";

export type Frames = {
  /** An array stream of such frames. */
  readonly schema: StreamSchema;
  /** One after the other, as they lie in memory. */
  readonly frames: readonly Uint8Array[];
  readonly frameBytes: number;
  readonly bytes: number;
};

export type Samples = {
  readonly rows: number;
  /** The bytes of each column, in the order of `sampleColumns`; 8-byte aligned. */
  readonly columns: readonly Uint8Array[];
  readonly bytes: number;
};

/** The files that every case works on. Each is read when it is first asked for, into memory of its own. */
export class BenchmarkInput {
  readonly folder: string;
  readonly #known = new Map<string, Promise<Uint8Array>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** 480 × 640 pixels of uint8. */
  frames8(): Promise<Frames> {
    return this.#frames("frames8.raw", 480, 640, "uint8");
  }

  /** 2048 × 2048 pixels of uint16. */
  frames16(): Promise<Frames> {
    return this.#frames("frames16.raw", 2048, 2048, "uint16");
  }

  async #frames(file: string, height: number, width: number, dtype: "uint8" | "uint16"): Promise<Frames> {
    const frameBytes = height * width * (dtype === "uint8" ? 1 : 2);
    const bytes = await this.#read(file, frameBytes);
    const schema: StreamSchema = {
      name: "camera",
      kind: "array",
      source: "benchmark",
      clock: "system",
      columns: [{ name: "frame", dtype, shape: [height, width], dims: ["y", "x"], unit: "counts" }],
    };
    const frames = Array.from({ length: bytes.byteLength / frameBytes }, (_, index) =>
      bytes.subarray(index * frameBytes, (index + 1) * frameBytes),
    );
    return { schema, frames, frameBytes, bytes: bytes.byteLength };
  }

  /** At most `rowLimit` rows. */
  async samples(rowLimit = Number.POSITIVE_INFINITY): Promise<Samples> {
    const bytes = await this.#read("samples.raw", sampleColumns.length * 8);
    const columnBytes = bytes.byteLength / sampleColumns.length;
    const rows = Math.min(columnBytes / 8, rowLimit);
    const columns = sampleColumns.map((_, index) => {
      const from = index * columnBytes;
      return bytes.subarray(from, from + rows * 8);
    });
    return { rows, columns, bytes: rows * sampleColumns.length * 8 };
  }

  #read(file: string, unitBytes: number): Promise<Uint8Array> {
    let content = this.#known.get(file);
    if (content === undefined) {
      content = readWhole(join(this.folder, file), unitBytes);
      this.#known.set(file, content);
    }
    return content;
  }
}

async function readWhole(path: string, unitBytes: number): Promise<Uint8Array> {
  const handle = await open(path).catch((cause: unknown) => {
    throw new DaqError("path", `${path} cannot be opened: ${(cause as Error).message}.`, {
      hint: "Give the folder with the input files as --data, or leave --data out to have a small input generated.",
      cause,
    });
  });
  try {
    const { size } = await handle.stat();
    if (size === 0 || size % unitBytes !== 0)
      throw new DaqError("format", `${path} has ${size} bytes, which is not a multiple of ${unitBytes}.`, {
        hint: "It is not the benchmark's input, or was cut off when it was made.",
      });
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; ) {
      const { bytesRead } = await handle.read(bytes, at, Math.min(size - at, 2 ** 28), at);
      if (bytesRead === 0) throw new DaqError("io", `${path} became shorter while it was read.`);
      at += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}
