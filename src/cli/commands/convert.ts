import { type Conversion, convert } from "../../convert/convert.ts";
import { softwareVersion } from "../../formats/software-version.ts";
import { DaqError, exitCodes } from "../../model/errors.ts";
import { isLossless } from "../../model/ledger.ts";
import { isStoreUrl } from "../../stores/store-url.ts";
import { accountLines } from "../account-lines.ts";
import type { Command, ParsedArguments } from "../command.ts";
import { copyReport } from "../copy-report.ts";
import { identifyFile } from "../inspect/identify-file.ts";
import type { Terminal } from "../terminal.ts";

export const convertCommand: Command = {
  name: "convert",
  summary: "write a finished run again in another format, with its metadata and its ledger",
  operands: "IN OUT",
  operandCount: [2, 2],
  options: [
    {
      name: "compression",
      kind: "text",
      value: "CODEC",
      doc: "One of those that OUT's format has. Default: the format's own.",
    },
    { name: "compression-level", kind: "text", value: "N", doc: "As the codec counts; 0: no compression." },
    {
      name: "pyramid",
      kind: "flag",
      doc: "For Zarr: images also at a half, a quarter, … of their size, for viewers that zoom.",
    },
    {
      name: "stream",
      kind: "text",
      value: "NAME",
      multiple: true,
      doc: "Convert this stream only; may be given several times. Default: all.",
    },
  ],
  examples: [
    ["daq convert data/scan_v1.h5 data/scan_v1.parquet", "every stream of a file, one Parquet file each"],
    ["daq convert data/scan_v1.run.json archive/scan_v1.zarr", "a whole run, whatever its formats"],
    [
      "daq convert data/scan_v1.run.json tables.csv --stream power0 --stream adc0",
      "the tables as text, without the camera, whose images CSV cannot hold",
    ],
    [
      "daq convert old.arrow new.h5 --compression gzip --compression-level 9",
      "with a codec of one's own choice",
    ],
  ],
  notes: [
    "IN is a data file of any format, or the index of a run (….run.json). The extension of OUT says the format: .arrow,",
    ".csv, .csv.gz, .h5, .parquet, .zarr. Where OUT becomes several files, one a stream, an index beside them makes them one",
    "run. The files get their names when all of them are complete; nothing that exists is overwritten, and IN is only read.",
    "Exit code: 0 complete and lossless; 3 all of IN is in OUT, but IN's own ledger says that records were lost or that it is",
    "not complete; 1 failed; 2 wrong usage.",
  ].join("\n"),
  run: runConvert,
};

async function runConvert(args: ParsedArguments, terminal: Terminal): Promise<number> {
  const [given = "", to = ""] = args.positionals;
  const stop = new AbortController();
  const onSignal = (): void => stop.abort(new DaqError("process", "Stopped: OUT was not made."));
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.once(signal, onSignal);
  try {
    const compression = args.text("compression");
    const level = levelOf(args.text("compression-level"));
    const { kind, path } = await inputOf(given, to);
    const conversion = await convert({
      kind,
      from: path,
      to,
      ...(compression === undefined ? {} : { compression }),
      ...(level === undefined ? {} : { level }),
      pyramid: args.flag("pyramid"),
      streams: args.texts("stream"),
      software: { name: "daq-storage", version: softwareVersion() },
      stop: stop.signal,
      onNotice: (notice) => terminal.warn(notice),
      onProgress: copyReport(terminal, "converting"),
    });
    if (terminal.json) terminal.printJson({ event: "finished", ...conversion });
    else print(conversion, terminal);
    const { ledger } = conversion;
    return ledger.complete && isLossless(ledger) ? exitCodes.complete : exitCodes.lossy;
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

function levelOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new DaqError("usage", `--compression-level takes a whole number, not "${text}".`, {
    hint: "0 is no compression.",
  });
}

async function inputOf(given: string, to: string): Promise<{ kind: "data" | "index"; path: string }> {
  for (const path of [given, to])
    if (isStoreUrl(path))
      throw new DaqError("usage", `${path} is at a store; convert works on local files.`, {
        hint: "Convert on this machine, and bring the result to the store with `daq upload`.",
      });
  const { kind, path } = await identifyFile(given);
  if (kind === "data" || kind === "index") return { kind, path };
  throw new DaqError(
    "format",
    `${given} is ${kind === "ring" ? "a ring" : "the journal of a run"}, not data.`,
    {
      hint: "Wait until the run is over, or finish it with `daq recover`; then convert its ….run.json.",
    },
  );
}

function print({ files, index, documents, ledger }: Conversion, terminal: Terminal): void {
  for (const line of accountLines(ledger)) terminal.print(line);
  for (const { path } of files) terminal.print(path);
  if (documents !== undefined) terminal.print(documents);
  if (index !== undefined) terminal.print(index);
}
