import { isFields } from "./document-fields.ts";
import { ledgerKey } from "./missing-chunks.ts";
import type { ZarrArray } from "./zarr-array.ts";

/** What an array's ledger says, for people; undefined for an array without one. */
export function ledgerNote({ path, spec }: ZarrArray): string | undefined {
  const attribute = spec.attributes?.[ledgerKey];
  if (typeof attribute !== "string") return undefined;
  let ledger: unknown;
  try {
    ledger = JSON.parse(attribute);
  } catch {
    return `${path}: its ledger is damaged.`;
  }
  if (!isFields(ledger) || ledger.closed !== true)
    return `${path}: its writer was not closed, so which chunks are missing is not known; they read as the fill value.`;
  const { chunks, stored, missing } = ledger;
  return missing === 0
    ? `${path}: of ${Number(chunks)} chunks none is missing.`
    : `${path}: ${Number(stored)} of ${Number(chunks)} chunks are stored; the others read as the fill value.`;
}
