import { describe } from "node:test";
import type { Format, FormatOptions } from "../formats/contract.ts";
import { readsBack } from "./format-contract/reads-back.ts";
import type { ReadBack } from "./format-contract/recording.ts";
import { refusesClearly } from "./format-contract/refuses-clearly.ts";
import { storesExactly } from "./format-contract/stores-exactly.ts";
import { survivesCrashes } from "./format-contract/survives-crashes.ts";

export type { RecordValue, StreamValues } from "./format-contract/stream-values.ts";
export type { ReadBack };

export type FormatContractOptions = {
  /**
   * All records of one data file by stream, read with anything but the writer; exact to the bit, 64-bit integers as
   * `bigint`. It has to read a file that `close` finished or `recover` repaired.
   */
  readonly readBack: ReadBack;
  /** Absent: all that the format names. */
  readonly compressions?: readonly string[];
  /**
   * The format goes back to places it wrote before, or writes a folder, so that what was cut is not just its end. Then the
   * tests that cut files are the format's own.
   */
  readonly writesInPlace?: true;
};

/** Registers the tests that every format has to pass, once for each compression, on real files. */
export function formatContract(
  format: Format,
  { readBack, compressions, writesInPlace }: FormatContractOptions,
): void {
  for (const compression of compressions ?? format.compressions) {
    const options: FormatOptions = { compression, durability: "process" };
    describe(`${format.name} with compression ${compression}`, () => {
      storesExactly(format, options, readBack, writesInPlace === true);
      readsBack(format, options);
      survivesCrashes(format, options, readBack, writesInPlace === true);
      refusesClearly(format, options, readBack);
    });
  }
}
