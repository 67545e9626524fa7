import { describe } from "node:test";
import { typedView } from "../../model/dtype.ts";
import { LocalStore } from "../../stores/local/local-store.ts";
import { recordValues } from "../../testing/format-contract/stream-values.ts";
import { formatContract, type RecordValue, type StreamValues } from "../../testing/format-contract.ts";
import type { Format, ZarrOptions } from "../contract.ts";
import { zarrFormat } from "./format.ts";
import { ArrayReader } from "./hierarchy/array-reader.ts";
import { keyIn } from "./hierarchy/node-path.ts";
import { readNode } from "./hierarchy/read-node.ts";
import { runRecordOf } from "./run-attributes.ts";
import { streamLayouts } from "./stream-layout.ts";

/** Through the reader of hierarchies, which knows nothing of how they are recorded; foreign readers: test/interop. */
async function readBack(path: string): Promise<ReadonlyMap<string, StreamValues>> {
  const store = new LocalStore(path);
  const root = await readNode(store, "");
  if (root?.kind !== "group") throw new Error(`${path} has no root group`);
  const { run, options } = runRecordOf(root.attributes)!;
  const bytesOf = async (array: string): Promise<Uint8Array> => {
    const node = await readNode(store, array);
    if (node?.kind !== "array") throw new Error(`${path} has no array ${array}`);
    const { shape } = node.array.spec;
    const values = await new ArrayReader(store, node.array).readRegion(
      shape.map(() => 0),
      shape,
    );
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  };
  const streams = new Map<string, StreamValues>();
  for (const layout of streamLayouts(run.streams, options.chunkRows, options.zarr ?? {})) {
    const read = (name: string) => bytesOf(keyIn(layout.group, name));
    const columns = new Map<string, readonly RecordValue[]>();
    for (const { column, name, validityName } of layout.columns)
      columns.set(
        column.name,
        recordValues(column, {
          bytes: await read(name),
          ...(validityName === undefined ? {} : { validity: await read(validityName) }),
        }),
      );
    streams.set(layout.stream.name, {
      timestampsNs: [...(typedView("int64", await read(layout.timestamps)) as BigInt64Array)],
      sequences: [...(typedView("int64", await read(layout.sequence)) as BigInt64Array)],
      columns,
    });
  }
  return streams;
}

formatContract(zarrFormat, { readBack, writesInPlace: true });

const variants: Readonly<
  Record<string, { readonly zarr: ZarrOptions; readonly compressions: readonly string[] }>
> = {
  "version 2": { zarr: { zarrFormat: 2 }, compressions: ["none", "zstd"] },
  "without shards": { zarr: { shardChunks: 1 }, compressions: ["zstd"] },
  "small shards, with checksums": { zarr: { shardChunks: 3, checksum: true }, compressions: ["none"] },
};

for (const [name, { zarr, compressions }] of Object.entries(variants))
  describe(name, () => {
    const format: Format = {
      ...zarrFormat,
      create: (target) => zarrFormat.create({ ...target, options: { ...target.options, zarr } }),
      resume: (target, state) =>
        zarrFormat.resume({ ...target, options: { ...target.options, zarr } }, state),
    };
    formatContract(format, { readBack, writesInPlace: true, compressions });
  });
