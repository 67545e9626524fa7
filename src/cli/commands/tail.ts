import { basename } from "node:path";
import { DaqError, exitCodes } from "../../model/errors.ts";
import { suggestion } from "../../toml/nearest-name.ts";
import type { Command, ParsedArguments } from "../command.ts";
import { findRing, findRunningRing } from "../find-ring.ts";
import { isoTime } from "../iso-time.ts";
import { countText } from "../quantity-text.ts";
import { BlockOutput } from "../tail/block-output.ts";
import { follow } from "../tail/follow.ts";
import { JsonOutput } from "../tail/json-output.ts";
import { LineOutput } from "../tail/line-output.ts";
import { LiveBlock } from "../tail/live-block.ts";
import { RingTap } from "../tail/ring-tap.ts";
import type { TailEnd, TailOutput } from "../tail/tail-output.ts";
import type { Terminal } from "../terminal.ts";

const usualRate = 5;
const mostPerSecond = 100;

export const tailCommand: Command = {
  name: "tail",
  summary: "follow a run that is being recorded, without disturbing it",
  operands: "[RUN]",
  operandCount: [0, 1],
  options: [
    {
      name: "stream",
      kind: "text",
      value: "NAME",
      multiple: true,
      doc: "Only this stream. May be repeated.",
    },
    {
      name: "rate",
      kind: "text",
      value: "N",
      doc: `Samples per second and stream, at most. Default: ${usualRate}.`,
    },
    {
      name: "all",
      kind: "flag",
      doc: "Every row of table streams, like tail -f; says how many were missed.",
    },
    {
      name: "from-start",
      kind: "flag",
      doc: "Start with the oldest record in the ring, not with what comes next.",
    },
    { name: "count", short: "n", kind: "text", value: "N", doc: "End after N rows and frames." },
  ],
  examples: [
    ["daq tail", "follows the only run that is going on"],
    [
      "daq tail data/scan_v1.journal.jsonl",
      "follows this run; its ring or one of its data files will do as well",
    ],
    ["daq tail --stream power0 --all", "every row of one stream, a line each"],
    ["daq tail --json --rate 1 | jq .columns", "one sample a second, for another program"],
  ],
  notes: [
    "RUN is a ring, or the journal, index or a data file of a run. Columns with a scale are shown as physical values.",
    "Following takes nothing from the recorder and never makes a device wait: when this view is too slow, it leaves",
    "records out and says how many. Ctrl-C leaves; the run goes on. Exit code: 0 when the run ended or was left.",
  ].join("\n"),
  run: tail,
};

async function tail(args: ParsedArguments, terminal: Terminal): Promise<number> {
  const options = parseOptions(args);
  const run = args.positionals[0];
  const found = run === undefined ? { ringPath: await findRunningRing() } : await findRing(run);
  if ("finishedPath" in found) {
    const { finishedPath } = found;
    if (terminal.json) terminal.printJson({ event: "finished", path: finishedPath });
    terminal.log(
      `${finishedPath} is finished: there is nothing to follow. \`daq inspect ${finishedPath}\` shows it.`,
    );
    return exitCodes.complete;
  }
  const leaving = new Leaving();
  const tap = RingTap.attach(found.ringPath, options);
  try {
    checkStreams(tap, options.streams);
    const output = outputFor(terminal, tap, options.everyRow);
    const end = await follow(tap, output, {
      ...options,
      maySkip: !options.fromStart,
      signal: leaving.signal,
    });
    sayEnd(terminal, tap, end);
    return exitCodes.complete;
  } finally {
    tap.detach();
    leaving.release();
  }
}

function parseOptions(args: ParsedArguments) {
  const rate = Number(args.text("rate") ?? usualRate);
  if (!(rate > 0 && rate <= mostPerSecond))
    throw new DaqError(
      "usage",
      `--rate takes a number above 0 and up to ${mostPerSecond}, not "${args.text("rate")}".`,
    );
  const count = args.text("count");
  if (count !== undefined && !/^[1-9]\d{0,14}$/.test(count))
    throw new DaqError("usage", `--count takes a whole number from 1 on, not "${count}".`);
  return {
    intervalMs: 1000 / rate,
    everyRow: args.flag("all"),
    fromStart: args.flag("from-start"),
    streams: args.texts("stream"),
    ...(count === undefined ? {} : { limit: Number(count) }),
  };
}

function checkStreams(tap: RingTap, wanted: readonly string[]): void {
  const names = tap.reader.streams.map(({ name }) => name);
  const unknown = wanted.find((name) => !names.includes(name));
  // A run that is just starting has not declared any yet.
  if (unknown === undefined || names.length === 0) return;
  throw new DaqError(
    "usage",
    `There is no stream "${unknown}" in this run; ${suggestion(unknown, names, (name) => `"${name}"`)}`,
  );
}

function outputFor(terminal: Terminal, tap: RingTap, everyRow: boolean): TailOutput {
  if (terminal.json) return new JsonOutput(terminal);
  if (everyRow || process.stdout.isTTY !== true) return new LineOutput(terminal, everyRow);
  const { run } = tap.reader;
  const name = typeof run?.experiment.name === "string" ? run.experiment.name : basename(tap.reader.path);
  const since = run === undefined ? "" : `, since ${isoTime(run.startedAtNs).slice(0, 19)}Z`;
  return new BlockOutput(new LiveBlock(process.stdout), `${name}${since}. Ctrl-C leaves; the run goes on.`);
}

const endTexts: Record<TailEnd, string> = {
  closed: "the run ended",
  "producer-died": "the run ended: its process died",
  left: "left; the run goes on",
  count: "seen as many as asked for; the run goes on",
};

function sayEnd(terminal: Terminal, tap: RingTap, end: TailEnd): void {
  const streams = tap.wantedStreams.map(({ schema, view, seen, missed, lost }) => ({
    stream: schema.name,
    produced: tap.reader.producedOf(view.index),
    seen,
    missed,
    lost,
  }));
  if (terminal.json) terminal.printJson({ event: end, streams });
  terminal.log(endTexts[end]);
  for (const { stream, produced, seen, missed, lost } of streams) {
    const missing = missed === 0 ? "" : `, missed ${missed} (this view only)`;
    terminal.log(
      `  ${stream}: ${countText(produced, "record")} produced; this view saw ${seen}${missing}${lost === 0 ? "" : `, lost ${lost}`}`,
    );
  }
}

/** Ctrl-C, or a reader of our output that has gone (`daq tail | head`), ends the following in good order. */
class Leaving {
  readonly #controller = new AbortController();
  readonly signal = this.#controller.signal;
  readonly #leave = () => this.#controller.abort();

  constructor() {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, this.#leave);
    process.stdout.on("error", this.#leave);
  }

  release(): void {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, this.#leave);
    // What was written last may fail later still, when nobody is left to be told.
    if (!process.stdout.listeners("error").includes(ignore)) process.stdout.on("error", ignore);
    process.stdout.off("error", this.#leave);
  }
}

function ignore(): void {}
