import { describe } from "node:test";
import { dtypeBytes, isNumberDType, typedView } from "../../model/dtype.ts";
import type { Column } from "../../model/stream-schema.ts";
import { formatContract, type RecordValue, type StreamValues } from "../../testing/format-contract.ts";
import type { Format } from "../contract.ts";
import { hdf5Format } from "./format.ts";
import { openHdf5 } from "./open-hdf5.ts";
import { readRunFile } from "./run-file.ts";
import { streamLayouts } from "./stream-layout.ts";

/** Everything through the HDF5 library (h5wasm), of which the writer uses nothing. */
async function readBack(path: string): Promise<ReadonlyMap<string, StreamValues>> {
  const file = await openHdf5(path);
  try {
    const { run, options } = readRunFile(file)!;
    return new Map(
      streamLayouts(run.streams, options.chunkRows).map((layout) => {
        const values = (name: string) => file.dataset(`/entry/${layout.group}/${name}`)!.value;
        return [
          layout.stream.name,
          {
            timestampsNs: [...(values(layout.timestamps) as BigInt64Array)],
            sequences: [...(values(layout.sequence) as BigInt64Array)],
            columns: new Map(
              layout.columns.map(({ column, name, validityName }) => [
                column.name,
                recordsOf(
                  column,
                  values(name) as Uint8Array | readonly string[],
                  validityName === undefined ? undefined : (values(validityName) as readonly boolean[]),
                ),
              ]),
            ),
          },
        ];
      }),
    );
  } finally {
    file.close();
  }
}

function recordsOf(
  column: Column,
  values: Uint8Array | readonly string[],
  validity: ArrayLike<boolean | number> | undefined,
): RecordValue[] {
  const { dtype } = column;
  const isThere = (record: number) => validity === undefined || Boolean(validity[record]);
  if (Array.isArray(values)) return values.map((text: string, record) => (isThere(record) ? text : null));
  if (!ArrayBuffer.isView(values)) throw new TypeError(`${column.name} is no array of numbers`);
  if (!isNumberDType(dtype))
    return Array.from(values as Uint8Array, (value, record) => (isThere(record) ? value === 1 : null));
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
  const view = typedView(dtype, bytes);
  const elements = column.shape.reduce((product, extent) => product * extent, 1);
  return Array.from({ length: bytes.byteLength / dtypeBytes(dtype) / elements }, (_, record) => {
    if (!isThere(record)) return null;
    return column.shape.length === 0
      ? view[record]!
      : Array.from({ length: elements }, (_, element) => view[record * elements + element]!);
  });
}

formatContract(hdf5Format, { readBack, writesInPlace: true });

describe("with live, which chooses the other chunk index", () => {
  const live: Format = {
    ...hdf5Format,
    create: (target) => hdf5Format.create({ ...target, options: { ...target.options, live: true } }),
    resume: (target, state) =>
      hdf5Format.resume({ ...target, options: { ...target.options, live: true } }, state),
  };
  formatContract(live, { readBack, writesInPlace: true, compressions: ["none", "gzip"] });
});
