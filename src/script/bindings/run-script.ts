import { nodesOf } from "../check/nodes-of.ts";
import { isCatchable } from "../errors/error-kind.ts";
import { ScriptError } from "../errors/script-error.ts";
import { SourceText } from "../errors/source-text.ts";
import { parseScript } from "../parser/parser.ts";
import type { Script } from "../parser/syntax-tree.ts";
import { type EngineSettings, ScriptEngine } from "../script-engine.ts";
import type { Value } from "../values/value.ts";
import { createdDevices } from "./created-devices.ts";
import { frameStatistics } from "./frame.ts";
import type { Laboratory } from "./laboratory.ts";
import { scriptBindings } from "./script-bindings.ts";
import { ScriptSession } from "./script-session.ts";

export type ScriptToRun = {
  readonly text: string;
  /** What messages, and the run, call it. */
  readonly name: string;
};

export type ScriptRunSettings = EngineSettings & {
  /** Stops the script and what it drives: devices are brought into their safe state. */
  readonly signal?: AbortSignal;
};

export type ScriptOutcome = {
  readonly exitStatus: "success" | "abort";
  /** Why it was ended; empty after a success. */
  readonly reason: string;
  /** Uids of the runs that it opened. */
  readonly runs: readonly string[];
  /** Of its last statement; absent when it was ended. */
  readonly value?: Value;
};

/**
 * Runs a script with the devices and the engine of a laboratory, to its end. Rejects with a `ScriptError` when the script
 * fails or reaches a limit, and with what kept its run from ending well. However it ends, devices stand still, and the run
 * that was open has its stop document, when this settles.
 */
export async function runScript(
  { text, name }: ScriptToRun,
  laboratory: Laboratory,
  { signal, ...settings }: ScriptRunSettings = {},
): Promise<ScriptOutcome> {
  const script = parseScript(new SourceText(text, name));
  const named = [...new Set(createdDevices(script).map(({ id }) => id))];
  const session = new ScriptSession(laboratory, { name, named });
  const language = new ScriptEngine(settings);
  for (const hostFunction of scriptBindings(session)) language.register(hostFunction);
  const program = language.compile(text, name);
  if (looksAtPixels(script)) laboratory.watchFrames?.(session.seeFrame);

  const { engine } = laboratory;
  const ended = new AbortController();
  const carriedOut = engine.run(session.plan.steps()).finally(() => {
    session.plan.close();
    ended.abort();
  });
  // Who waits for it learns of a failure.
  carriedOut.catch(() => {});
  const stop = AbortSignal.any([ended.signal, ...(signal === undefined ? [] : [signal])]);
  let value: Value = null;
  let limit: ScriptError | undefined;
  try {
    value = await language.run(program, { signal: stop });
    await session.ask(session.finish());
    session.plan.end();
  } catch (error) {
    const isStopped = error instanceof ScriptError && !isCatchable(error.kind);
    if (isStopped && !stop.aborted) limit = error;
    if (isStopped) engine.halt(limit?.summary ?? reasonOf(signal));
    else session.plan.end(error);
  }
  const { exitStatus, reason, runs } = await carriedOut;
  if (limit !== undefined) throw limit;
  return { exitStatus, reason, runs, ...(exitStatus === "success" ? { value } : {}) };
}

function reasonOf(signal: AbortSignal | undefined): string {
  return typeof signal?.reason === "string" ? signal.reason : "stopped by the user";
}

/** Can it ask for the statistics of a frame? What it imports is not known yet. */
function looksAtPixels(script: Script): boolean {
  const names: readonly string[] = frameStatistics;
  for (const node of nodesOf(script))
    if (node.kind === "import" || (node.kind === "property" && names.includes(node.name))) return true;
  return false;
}
