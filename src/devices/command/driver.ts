import type { SettingValues } from "../../model/setting.ts";
import { byteStream } from "../byte-stream/byte-stream.ts";
import { byteStreamSettings } from "../byte-stream/settings.ts";
import type { FrameSource, SourceContext, SourceDriver } from "../contract.ts";
import { findProgram } from "./find-program.ts";
import { Program } from "./program.ts";
import { shortCommand } from "./start-error.ts";

/** Records what any program writes to its standard output. */
export const commandDriver: SourceDriver = {
  name: "command",
  summary: "Any program: what it writes to its standard output becomes records.",
  settings: [
    {
      key: "command",
      kind: "string-or-strings",
      required: true,
      example: 'command = ["ffmpeg", "-i", "/dev/video0", "-f", "rawvideo", "-"]',
      check: (value) =>
        value === "" || (Array.isArray(value) && (value.length === 0 || value[0] === ""))
          ? "expected a program to run"
          : undefined,
      doc: "A list of strings is run as it is; one string is run by /bin/sh.",
    },
    { key: "cwd", kind: "string", doc: "Folder that the program runs in. Absent: the current one." },
    {
      key: "stop_timeout_ms",
      kind: "integer",
      default: 2000,
      min: 0,
      unit: "ms",
      doc: "How long the program may take to finish after SIGINT; what it writes in this time is recorded. Then it gets SIGTERM, and a second later SIGKILL.",
    },
    ...byteStreamSettings,
  ],
  create: (id, settings) => createCommand(id, settings),
};

function createCommand(id: string, settings: SettingValues): FrameSource {
  const command = settings.command as string | readonly string[];
  const stream = byteStream(id, `command: ${shortCommand(command)}`, settings);

  async function run(context: SourceContext): Promise<void> {
    const { clock, signal, warn } = context;
    const decoder = stream.open(context);
    if (signal.aborted || decoder.finished) return;
    const program = await Program.start({
      id,
      command,
      cwd: settings.cwd as string | undefined,
      stopTimeoutMs: settings.stop_timeout_ms as number,
      clock,
    });
    const stop = () => void program.stop();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    let refused: { readonly error: unknown } | undefined;
    try {
      for await (const chunk of program.output()) {
        // Further bytes are read, so that the program can finish as it should, and left out.
        if (decoder.finished || refused !== undefined) continue;
        try {
          await decoder.push(chunk);
        } catch (error) {
          refused = { error };
        }
        if (decoder.finished || refused !== undefined) stop();
      }
      if (!(await program.exits()))
        warn(`${id}: the program closed its output but did not end; it is stopped.`);
    } finally {
      signal.removeEventListener("abort", stop);
      await program.dispose();
    }
    if (refused !== undefined) {
      await decoder.end("cut");
      throw refused.error;
    }
    await decoder.end(program.succeeded ? "finished" : "cut");
    if (!decoder.finished && program.failure !== undefined) throw program.failure;
  }

  const checkHere = () => findProgram({ id, command, cwd: settings.cwd as string | undefined });
  return { id, streams: [stream.schema], run, checkHere };
}
