import { DaqError } from "../../model/errors.ts";
import type { Ledger } from "../../model/ledger.ts";
import { parseJson } from "../../model/parse-json.ts";
import type { Run } from "../../model/run.ts";
import { parseStreamSchema } from "../../model/stream-schema.ts";
import { type LayoutOptions, ledgerDataset, optionsDataset, runDataset } from "./declare-run.ts";
import { type OpenHdf5, textOf } from "./open-hdf5.ts";

/** What daq-storage wrote about a run into its file. */
export type RunFileContents = {
  readonly run: Run;
  readonly options: LayoutOptions;
  readonly ledger?: Ledger;
  readonly isComplete: boolean;
};

/** Undefined when another program wrote the file. Throws `DaqError("format")` where what it says of the run is damaged. */
export function readRunFile(file: OpenHdf5): RunFileContents | undefined {
  const runText = textOf(file, `/entry/daq/${runDataset}`);
  const optionsText = textOf(file, `/entry/daq/${optionsDataset}`);
  if (runText === undefined || optionsText === undefined) return undefined;
  const run = parsed(file, runDataset, runText) as Run;
  if (!Array.isArray(run?.streams) || typeof run.info !== "object") return undefined;
  for (const stream of run.streams) parseStreamSchema(stream);
  const ledgerText = textOf(file, `/entry/daq/${ledgerDataset}`);
  const complete = file.group("/entry")?.attrs.complete?.value;
  return {
    run,
    options: parsed(file, optionsDataset, optionsText) as LayoutOptions,
    ...(ledgerText === undefined ? {} : { ledger: parsed(file, ledgerDataset, ledgerText) as Ledger }),
    isComplete: complete === true || complete === 1,
  };
}

function parsed({ path }: OpenHdf5, dataset: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new DaqError("format", `${path}: /entry/daq/${dataset} is damaged: it is not whole JSON.`, {
      hint: "Restore the file from a copy. The records can still be read with any HDF5 library.",
      cause,
    });
  }
}
