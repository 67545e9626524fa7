import { toJson } from "../../model/metadata.ts";
import type { Run } from "../../model/run.ts";
import type { FormatOptions } from "../contract.ts";
import { type DeclaredStream, declareStream, type IndexDatasets } from "./declare-stream.ts";
import type { Group } from "./file/group.ts";
import type { Hdf5File } from "./file/hdf5-file.ts";
import { metadataAttributes, rootAttributes } from "./metadata-attributes.ts";
import { rootLinks, streamLayouts } from "./stream-layout.ts";
import { asciiJson, isAscii, textDataset } from "./text-dataset.ts";

export type DeclaredRun = {
  readonly entry: Group;
  /** The group of each stream's account. */
  readonly losses: ReadonlyMap<string, Group>;
  readonly daq: Group;
  readonly streams: readonly DeclaredStream[];
};

/** Names that daq-storage reads again. */
export const runDataset = "run";
export const ledgerDataset = "ledger";
export const optionsDataset = "options";

/** What decides the layout of a file, so that the same can be declared again from the file alone. */
export type LayoutOptions = FormatOptions & { readonly index: IndexDatasets };

/**
 * The tree of a run's file, the same for the same run and options:
 *
 *     /                 experiment, date, instrument …; links to the columns
 *     /entry            NXentry
 *       STREAM          NXdata: timestamps, sequence, columns, scales
 *       experiment      every key of [experiment]
 *       instrument      one group a device, with its settings
 *       losses          at the end: what is missing of each stream
 *       daq             run, options and ledger as JSON
 */
export function declareRun(file: Hdf5File, run: Run, options: LayoutOptions): DeclaredRun {
  const { info } = run;
  const { root } = file;
  for (const [name, value] of Object.entries(rootAttributes(info))) root.setAttribute(name, value);
  const layouts = streamLayouts(run.streams, options.chunkRows);
  const title = typeof info.experiment.name === "string" ? info.experiment.name : "";
  const entry = root.group("entry", {
    NX_class: "NXentry",
    ...(layouts.length === 0 ? {} : { default: layouts[0]!.group }),
    complete: false,
  });
  // What it says is also an attribute; one letter of UTF-8 in a dataset keeps Octave from loading the file.
  if (isAscii(title)) entry.fixedDataset("title", textDataset(title));
  entry.fixedDataset("start_time", textDataset(isoTime(info.startedAtNs)));
  const experiment = metadataAttributes(info.experiment, info.floats);
  const { NX_class: theirs, ...own } = experiment.attributes;
  const collection = entry.group("experiment", {
    ...own,
    ...(theirs === undefined ? {} : { "experiment.NX_class": theirs }),
    NX_class: "NXcollection",
  });
  for (const [index, [key, value]] of Object.entries(experiment.large).entries())
    collection.fixedDataset(`text_${index + 1}`, textDataset(value, { name: key }));
  declareInstrument(entry, run);
  const lossGroup = entry.group("losses", { NX_class: "NXcollection" });
  const losses = new Map(run.streams.map(({ name }) => [name, lossGroup.group(name)]));
  const daq = entry.group("daq", { NX_class: "NXcollection" });
  daq.fixedDataset(runDataset, textDataset(asciiJson(toJson({ info, streams: run.streams }))));
  daq.fixedDataset(optionsDataset, textDataset(asciiJson(toJson(options))));
  const streams = layouts.map((layout) => declareStream(entry, layout, options, options.index));
  declareLinks(root, streams);
  return { entry, losses, daq, streams };
}

function declareInstrument(entry: Group, { info }: Run): void {
  const instrument = entry.group("instrument", { NX_class: "NXinstrument" });
  const taken = new Set<string>();
  for (const { id, driver, settings } of info.devices) {
    if (taken.has(id)) continue;
    taken.add(id);
    instrument.group(id, { ...metadataAttributes(settings).attributes, NX_class: "NXcollection", driver });
  }
}

function declareLinks(root: Group, streams: readonly DeclaredStream[]): void {
  const groups = new Map(streams.map((stream) => [stream.layout.group, stream]));
  for (const { name, group, dataset } of rootLinks(streams.map(({ layout }) => layout))) {
    const target = groups.get(group)!.byName.get(dataset);
    if (target !== undefined) root.link(name, target);
  }
}

export function isoTime(ns: string): string {
  const value = BigInt(ns);
  const whole = new Date(Number(value / 1_000_000n)).toISOString().slice(0, 19);
  return `${whole}.${String(value % 1_000_000_000n).padStart(9, "0")}Z`;
}
