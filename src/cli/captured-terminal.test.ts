import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { exitCodeOf } from "../model/errors.ts";
import type { Command } from "./command.ts";
import { parseArguments } from "./parse-arguments.ts";
import { Terminal } from "./terminal.ts";

export type Captured = { readonly code: number; readonly out: string; readonly error: string };

/** What a command writes, kept. */
class Capture {
  text = "";
  readonly stream = {
    isTTY: false,
    columns: 80,
    write: (text: string) => {
      this.text += text;
      return true;
    },
  } as unknown as NodeJS.WriteStream;
}

/** A command with its arguments as `main` runs it, in this process. */
export async function runCommand(command: Command, args: readonly string[]): Promise<Captured> {
  const [out, error] = [new Capture(), new Capture()];
  const terminal = new Terminal(args.includes("--json"), out.stream, error.stream);
  let code: number;
  try {
    code = await command.run(parseArguments(command, args), terminal);
  } catch (problem) {
    terminal.fail(problem);
    code = exitCodeOf(problem);
  }
  return { code, out: out.text, error: error.text };
}

const program = join(import.meta.dirname, "../../bin/daq.js");

/** The program itself. */
export function spawnDaq(args: readonly string[], options: { readonly cwd?: string } = {}) {
  const child = spawn(process.execPath, [program, ...args], {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const captured = { out: "", error: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    captured.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    captured.error += text;
  });
  const done = new Promise<Captured>((resolve) =>
    child.on("close", (code) => resolve({ code: code ?? -1, ...captured })),
  );
  return { child, captured, done };
}

export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

export function temporaryFolder(t: Pick<TestContext, "after">): string {
  const folder = mkdtempSync(join(tmpdir(), "daq-cli-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Resolves once `isTrue` says so. */
export async function until(isTrue: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + 30_000;
  while (!isTrue()) {
    if (performance.now() > endMs) throw new Error(`Waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
