import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { openFileSink } from "../bytes/file-sink.ts";
import type { Format, FormatOptions, FormatWriter, OutputFile } from "../formats/contract.ts";
import type { ScanGrid } from "../formats/documents/scan-grid.ts";
import { extensionIn } from "../formats/file-extension.ts";
import { formatOfPath } from "../formats/registry.ts";
import type { Batch } from "../model/batch.ts";
import { DaqError } from "../model/errors.ts";
import type { Ledger, StreamAccount } from "../model/ledger.ts";
import type { Run, RunInfo } from "../model/run.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { openFile, openRun, type Source, type SourceStream } from "../recorder/finished-run.ts";
import { writeRunIndex } from "../recorder/run-index.ts";
import { copyFlushed } from "./copy-flushed.ts";
import { foreignRun, withStreamName } from "./foreign-run.ts";
import { copyLosses, isThere, lossCopyOf } from "./loss-files.ts";
import { type DocumentsCopy, planDocuments } from "./plan-documents.ts";
import { scanArraysOf, scanStream } from "./scan-arrays.ts";
import { type CopyProgress, copyStream } from "./stream-copy.ts";
import { targetOptions, type WantedTarget } from "./target-options.ts";
import { refuseExisting, WorkFolder } from "./work-folder.ts";

export type ConvertOptions = WantedTarget & {
  /** `data`: a data file of any format. `index`: a run's `….run.json`. */
  readonly kind: "data" | "index";
  readonly from: string;
  readonly to: string;
  /** Names of the streams; empty: all. */
  readonly streams: readonly string[];
  /** Who says what is known of a file that another program wrote. */
  readonly software: RunInfo["software"];
  readonly stop?: AbortSignal;
  readonly onNotice: (notice: string) => void;
  readonly onProgress: (progress: CopyProgress) => void;
};

export type Conversion = {
  readonly format: string;
  /** All that was made, with sidecars and index. */
  readonly files: readonly OutputFile[];
  /** Written when there are several data files. */
  readonly index?: string;
  /** The documents of the run, where IN has them beside it. */
  readonly documents?: string;
  readonly ledger: Ledger;
};

type Plan = {
  readonly source: Source;
  readonly streams: readonly SourceStream[];
  readonly schemas: readonly StreamSchema[];
  readonly format: Format;
  readonly options: FormatOptions;
  readonly files: readonly OutputFile[];
  readonly indexPath: string;
  readonly hasIndex: boolean;
  readonly documents: DocumentsCopy | undefined;
};

/**
 * Writes a finished run, or one file of it, again in another format: values, times, sequence numbers, schemas, metadata and
 * ledger, and a scan as arrays of its axes where the format has those. The files get their names when all of them are complete. Holds in memory what the two formats need: a batch of
 * about 4 MiB, what of IN it is cut from, and what OUT collects before it writes.
 */
export async function convert(wanted: ConvertOptions): Promise<Conversion> {
  const plan = await planConversion(wanted);
  const work = await WorkFolder.make(wanted.to);
  try {
    const ledger = await writeAll(wanted, plan, work.path);
    wanted.stop?.throwIfAborted();
    await work.publish(namesInOrder(ledger, plan));
    return {
      format: plan.format.name,
      files: plan.files,
      ...(plan.hasIndex ? { index: plan.indexPath } : {}),
      ...(plan.documents === undefined ? {} : { documents: plan.documents.path }),
      ledger,
    };
  } catch (error) {
    await work.remove();
    throw error instanceof DaqError && error.code === "disk-full" ? nothingLeft(error) : error;
  }
}

/** What is told of a recording does not hold here: there is no ring. */
function nothingLeft(error: DaqError): DaqError {
  return new DaqError("disk-full", error.message, {
    hint: "Nothing of it was left. Free some space, or choose another place, and convert again.",
    cause: error,
  });
}

async function planConversion(wanted: ConvertOptions): Promise<Plan> {
  const { kind, from, to, onNotice } = wanted;
  const format = await formatOfPath(to);
  const options = targetOptions(format, to, wanted);
  refuseInside(from, to);
  await refuseExisting(to);
  const open = kind === "index" ? openRun : openFile;
  const source = await open(from, wanted.streams);
  const { streams } = source;
  if (streams.length === 0)
    throw new DaqError("format", `${from} has no stream to convert.`, {
      hint: "`daq inspect` shows what is in it.",
    });
  const schemas = streams.map(({ schema }) => (source.info === undefined ? withStreamName(schema) : schema));
  refuseStreams(format, schemas);
  const files = format.plan(to, schemas);
  for (const { path } of files) await refuseExisting(path);
  const stem = to.slice(0, to.length - extensionIn(to, format.extensions)!.length);
  const indexPath = `${stem}.run.json`;
  const hasIndex = files.filter((file) => file.streams.length > 0).length > 1;
  if (hasIndex) await refuseExisting(indexPath);
  const documents = await planDocuments(from, source, stem, files);
  if (documents.copy !== undefined) await refuseExisting(documents.copy.path);
  const notices = [
    ...source.notes,
    ...(source.info === undefined
      ? [`${from} was written by another program: nothing is known of its run.`]
      : []),
    format.notice?.(options),
    ...schemas.map((schema) => format.streamNotice?.(schema)),
    documents.notice,
  ];
  for (const notice of notices) if (notice !== undefined) onNotice(notice);
  return { source, streams, schemas, format, options, files, indexPath, hasIndex, documents: documents.copy };
}

function refuseInside(from: string, to: string): void {
  if (resolve(from) === resolve(to))
    throw new DaqError("usage", `IN and OUT are both ${from}.`, { hint: "Give OUT a name of its own." });
  const way = relative(resolve(from), resolve(to));
  if (!way.startsWith(`..${sep}`) && way !== "..")
    throw new DaqError("usage", `${to} is inside ${from}, which is only read.`, {
      hint: "Choose a place for OUT outside of IN.",
    });
}

function refuseStreams(format: Format, schemas: readonly StreamSchema[]): void {
  const refusals = schemas.map((schema) => format.refusal(schema));
  const problems = refusals.filter((refusal) => refusal !== undefined);
  if (problems.length === 0) return;
  const others = schemas
    .filter((_, index) => refusals[index] === undefined)
    .map(({ name }) => `--stream ${name}`);
  throw new DaqError("format", problems.join(" "), {
    hint:
      others.length === 0
        ? "Choose another extension for OUT."
        : `Choose another extension for OUT, or convert the others only: ${others.join(" ")}.`,
  });
}

/** Writes all files into the folder, with their final names. */
async function writeAll(wanted: ConvertOptions, plan: Plan, folder: string): Promise<Ledger> {
  const { source, schemas, format, options } = plan;
  const info = source.info ?? foreignRun(wanted.from, wanted.software, source.firstTimestampNs);
  const run: Run = { info, streams: schemas };
  const path = join(folder, basename(wanted.to));
  await using writer = await format.create({ path, run, options, openSink: openFileSink });
  const scan = scanArraysOf(run, writer);
  const accounts: StreamAccount[] = [];
  for (const [index, stream] of plan.streams.entries())
    accounts.push(await writeStream(wanted, plan, { stream, schema: schemas[index]!, writer, scan, folder }));
  const { isAccounted, ending } = source;
  const ledger: Ledger = { complete: isAccounted, accounts, ...(ending === undefined ? {} : { ending }) };
  if (scan !== undefined) writer.addGrid!(scan.grid());
  await writer.close(ledger);
  if (plan.documents !== undefined)
    await copyFlushed(plan.documents.from, join(folder, basename(plan.documents.path)));
  if (plan.hasIndex) await writeIndex(wanted, plan, run, ledger, folder);
  return ledger;
}

async function writeStream(
  { stop, onProgress, onNotice }: ConvertOptions,
  { format, indexPath }: Plan,
  to: {
    readonly stream: SourceStream;
    readonly schema: StreamSchema;
    readonly writer: FormatWriter;
    readonly scan: ScanGrid | undefined;
    readonly folder: string;
  },
): Promise<StreamAccount> {
  const { stream, schema, writer, scan } = to;
  const take = async (batch: Batch): Promise<void> => {
    if (schema.name === scanStream) scan?.addRows(batch);
    await writer.append(batch);
  };
  const account = await copyStream({ ...stream, schema }, stream.schema.name, take, (progress) => {
    stop?.throwIfAborted();
    onProgress(progress);
  });
  const losses = lossCopyOf(stream, indexPath, format.name);
  if (losses === undefined) return account;
  if (await isThere(losses)) return copyLosses(account, losses, to.folder);
  onNotice(`${losses.from}: no such file; it lists the lost ranges of ${schema.name} beyond the first ones.`);
  return account;
}

/** What belongs to the data comes before it, and the index, which names all, at the end. */
function namesInOrder(ledger: Ledger, plan: Plan): string[] {
  const beside = plan.files.filter(({ streams }) => streams.length === 0);
  const data = plan.files.filter(({ streams }) => streams.length > 0);
  return [
    ...lossNames(ledger, plan),
    ...(plan.documents === undefined ? [] : [basename(plan.documents.path)]),
    ...[...beside, ...data].map(({ path }) => basename(path)),
    ...(plan.hasIndex ? [basename(plan.indexPath)] : []),
  ];
}

function lossNames({ accounts }: Ledger, { streams, indexPath, format }: Plan): string[] {
  return streams.flatMap((stream) => {
    const name = lossCopyOf(stream, indexPath, format.name)?.name;
    return accounts.some(({ more }) => more !== undefined && more.file === name) ? [name!] : [];
  });
}

/** Several files are one run by their index, as after a recording. */
async function writeIndex(
  { from }: ConvertOptions,
  { source, format, files, indexPath, documents }: Plan,
  run: Run,
  ledger: Ledger,
  folder: string,
): Promise<void> {
  const end = source.end ?? (ledger.complete ? "closed" : "recovered-without-ring");
  await writeRunIndex(
    join(folder, basename(indexPath)),
    {
      daqRun: 1,
      end,
      endedAtNs: String(BigInt(Date.now()) * 1_000_000n),
      run,
      outputs: [
        {
          format: format.name,
          files: files.map((file) => ({ ...file, path: relative(dirname(indexPath), file.path) })),
          ledger,
        },
      ],
      ...(documents === undefined ? {} : { beside: [basename(documents.path)] }),
      notes: [
        `Converted from ${basename(from)}.`,
        ...(documents === undefined ? [] : [`The documents of the run are in ${basename(documents.path)}.`]),
      ],
    },
    true,
  );
}
