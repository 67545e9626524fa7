import { type Ledger, lossReasons, type StreamAccount } from "../../model/ledger.ts";
import type { ZarrFormat } from "./hierarchy/array-spec.ts";
import type { Attributes, NodeDocument } from "./hierarchy/attributes.ts";
import { groupDocuments } from "./hierarchy/group-documents.ts";
import { ZarrArray } from "./hierarchy/zarr-array.ts";
import { lossesGroup } from "./stream-layout.ts";

/** Arrays that are written as a whole. */
export type LossArray = { readonly array: ZarrArray; readonly bytes: Uint8Array };

/** CF's words for a code: not every reader has texts in arrays. */
const reasonAttributes: Attributes = {
  flag_values: lossReasons.map((_, code) => code),
  flag_meanings: lossReasons.join(" "),
};

/**
 * The account of every stream: attributes that add up, and for each lost range the first sequence number, the count, when
 * it was noticed (UTC nanoseconds), and why.
 */
export function lossNodes(
  format: ZarrFormat,
  { accounts }: Ledger,
): { readonly groups: readonly NodeDocument[]; readonly arrays: readonly LossArray[] } {
  const groups = accounts.flatMap(({ stream, produced, stored, lost }) =>
    groupDocuments(format, `${lossesGroup}/${groupName(stream)}`, { stream, produced, stored, lost }),
  );
  const arrays = accounts.flatMap((account) => lossArrays(format, account));
  return { groups: [...groupDocuments(format, lossesGroup, {}), ...groups], arrays };
}

/** A stream may be called what no node can. */
function groupName(stream: string): string {
  return stream.startsWith(".") || stream.startsWith("__") || stream === "zarr.json"
    ? `stream_${stream}`
    : stream;
}

function lossArrays(format: ZarrFormat, { stream, ranges }: StreamAccount): LossArray[] {
  const count = ranges.length;
  if (count === 0) return [];
  const make = (
    name: string,
    dtype: "int64" | "uint8",
    bytes: Uint8Array,
    attributes: Attributes,
  ): LossArray => ({
    array: new ZarrArray(format, {
      path: `${lossesGroup}/${groupName(stream)}/${name}`,
      dtype,
      shape: [count],
      chunkShape: [count],
      dimensions: ["range"],
      compression: { codec: "none" },
      attributes,
    }),
    bytes,
  });
  const integers = (name: string, values: readonly bigint[], attributes: Attributes = {}): LossArray =>
    make(name, "int64", new Uint8Array(BigInt64Array.from(values).buffer), attributes);
  return [
    integers(
      "first",
      ranges.map(({ first }) => BigInt(first)),
    ),
    integers(
      "count",
      ranges.map((range) => BigInt(range.count)),
    ),
    integers(
      "noticed_at",
      ranges.map(({ atNs }) => BigInt(atNs)),
      { units: "nanoseconds since 1970-01-01" },
    ),
    make(
      "reason",
      "uint8",
      Uint8Array.from(ranges, ({ reason }) => lossReasons.indexOf(reason)),
      reasonAttributes,
    ),
  ];
}
