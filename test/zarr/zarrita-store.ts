import assert from "node:assert/strict";
import * as zarrita from "zarrita";
import type { ZarrFormat } from "../../src/formats/zarr/index.ts";
import type { TypedArray } from "../../src/model/dtype.ts";
import type { Store } from "../../src/stores/contract.ts";
import { type ExpectedArray, sampleAttributes, sha256 } from "./sample-store.ts";

/** A store of ours as zarrita sees it. */
export function asSeen(store: Store): Required<zarrita.AsyncReadable> {
  const keyOf = (path: string): string => path.replace(/^\//, "");
  return {
    get: (path) => store.get(keyOf(path)),
    getRange: (path, range) =>
      "suffixLength" in range
        ? store.getRange(keyOf(path), -range.suffixLength, range.suffixLength)
        : store.getRange(keyOf(path), range.offset, range.length),
  };
}

/** Reads what `writeSampleStore` wrote. */
export async function checkWithZarrita(
  store: Store,
  zarrFormat: ZarrFormat,
  expected: ReadonlyMap<string, ExpectedArray>,
): Promise<void> {
  const open = zarrFormat === 3 ? zarrita.open.v3 : zarrita.open.v2;
  const place = zarrita.root(asSeen(store));
  const group = await open(place, { kind: "group" });
  assert.deepEqual(group.attrs, sampleAttributes);
  for (const [name, array] of expected) {
    const seen = await open(place.resolve(name), { kind: "array" });
    const { data, shape } = await zarrita.get(seen);
    assert.deepEqual(
      { name, dtype: seen.dtype, shape, sha256: sha256(data as TypedArray) },
      { name, dtype: array.dtype, shape: array.shape, sha256: array.sha256 },
    );
    assert.equal(seen.attrs.units, "µV");
    if (zarrFormat === 3) assert.deepEqual(seen.dimensionNames, array.dimensions);
    else assert.deepEqual(seen.attrs._ARRAY_DIMENSIONS, array.dimensions);
  }
}
