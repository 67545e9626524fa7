import { type Ledger, lossReasons, type StreamAccount } from "../../model/ledger.ts";
import { toJson } from "../../model/metadata.ts";
import { type DeclaredRun, ledgerDataset } from "./declare-run.ts";
import { fixedStringType, integerType } from "./file/datatype.ts";
import type { Group } from "./file/group.ts";
import type { Hdf5File } from "./file/hdf5-file.ts";
import { asciiJson, textDataset } from "./text-dataset.ts";

const reasonBytes = Math.max(...lossReasons.map((reason) => reason.length)) + 1;
const int64 = integerType(8, true);

/**
 * The account of every stream: attributes that add up, and for each lost range the first sequence number, the count, when
 * it was noticed (UTC nanoseconds), and why. Columns, not records: not every reader knows compound types.
 */
export function addLosses(file: Hdf5File, run: DeclaredRun, ledger: Ledger): void {
  for (const account of ledger.accounts) {
    const group = run.losses.get(account.stream);
    if (group !== undefined) addAccount(file, group, account);
  }
  file.addAtClose(run.daq, ledgerDataset, textDataset(asciiJson(toJson(ledger))));
}

function addAccount(file: Hdf5File, group: Group, { produced, stored, lost, ranges }: StreamAccount): void {
  group.setAttribute("produced", BigInt(produced));
  group.setAttribute("stored", BigInt(stored));
  group.setAttribute("lost", BigInt(lost));
  if (ranges.length === 0) return;
  const dims = [ranges.length];
  const integers = (values: readonly bigint[]) => {
    const array = BigInt64Array.from(values);
    return { datatype: int64, dims, data: new Uint8Array(array.buffer) };
  };
  file.addAtClose(group, "first", integers(ranges.map(({ first }) => BigInt(first))));
  file.addAtClose(group, "count", integers(ranges.map(({ count }) => BigInt(count))));
  file.addAtClose(group, "noticed_at", {
    ...integers(ranges.map(({ atNs }) => BigInt(atNs))),
    attributes: { units: "nanoseconds since 1970-01-01" },
  });
  const reasons = Buffer.alloc(ranges.length * reasonBytes);
  for (const [index, { reason }] of ranges.entries()) reasons.write(reason, index * reasonBytes, "latin1");
  file.addAtClose(group, "reason", {
    datatype: fixedStringType(reasonBytes, { characterSet: "ascii" }),
    dims,
    data: reasons,
  });
}
