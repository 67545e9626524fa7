import { DaqError } from "../../model/errors.ts";
import type { Store } from "../../stores/contract.ts";
import type { ZarrArray } from "./hierarchy/zarr-array.ts";
import { missingRowsOfAny, type RowRange } from "./missing-rows.ts";

/**
 * The rows of a stream that are whole, where the ledger has `lost` of its rows as lost: their chunks were deleted while it was
 * recorded. Looks at every object. Throws `DaqError("format")` where others than those are missing.
 */
export async function presentRows(
  store: Store,
  arrays: readonly ZarrArray[],
  lost: number,
): Promise<readonly RowRange[]> {
  const present: RowRange[] = [];
  let next = 0;
  let missing = 0;
  for await (const { from, end } of missingRowsOfAny(store, arrays)) {
    if (from > next) present.push({ from: next, end: from });
    missing += end - from;
    next = end;
  }
  const rows = arrays[0]!.spec.shape[0]!;
  if (rows > next) present.push({ from: next, end: rows });
  if (missing === lost) return present;
  throw damaged(
    `${store.url}/${arrays[0]!.path}`,
    `is damaged: of ${missing} records a part is not there, where its ledger has ${Math.max(0, lost)} as deleted while it was recorded`,
  );
}

export function damaged(where: string, problem: string): DaqError {
  return new DaqError("format", `${where} ${problem}.`, {
    hint: "The folder is damaged, or was changed by another program. Restore it from a copy.",
  });
}
