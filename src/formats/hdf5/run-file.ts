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

/** Undefined when another program wrote the file. */
export function readRunFile(file: OpenHdf5): RunFileContents | undefined {
  const runText = textOf(file, `/entry/daq/${runDataset}`);
  const optionsText = textOf(file, `/entry/daq/${optionsDataset}`);
  if (runText === undefined || optionsText === undefined) return undefined;
  const run = parseJson(runText) as Run;
  if (!Array.isArray(run?.streams) || typeof run.info !== "object") return undefined;
  for (const stream of run.streams) parseStreamSchema(stream);
  const ledgerText = textOf(file, `/entry/daq/${ledgerDataset}`);
  const complete = file.group("/entry")?.attrs.complete?.value;
  return {
    run,
    options: JSON.parse(optionsText) as LayoutOptions,
    ...(ledgerText === undefined ? {} : { ledger: JSON.parse(ledgerText) as Ledger }),
    isComplete: complete === true || complete === 1,
  };
}
