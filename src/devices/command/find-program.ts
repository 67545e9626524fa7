import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, resolve } from "node:path";
import { promisify } from "node:util";
import { type CommandToStart, startError } from "./start-error.ts";

/**
 * Looks for the program of a command without starting it. Throws `DaqError("device")` when it is not there. Of a text for
 * the shell only a plain first word is looked for: what follows is the shell's.
 */
export async function findProgram(options: CommandToStart): Promise<void> {
  const { command, cwd = "." } = options;
  await stat(cwd).catch((error: unknown) => {
    throw startError(options, "", error);
  });
  if (typeof command !== "string") return findFile(options, command[0]!, cwd);
  const word = /^\s*([\w./+-]+)(?=\s|$)/.exec(command)?.[1];
  if (word === undefined) return;
  if (word.includes("/")) return findFile(options, word, cwd);
  // The shell knows its own words, such as while, beside the programs.
  await promisify(execFile)("/bin/sh", ["-c", 'command -v -- "$1"', "sh", word], { cwd }).catch(() => {
    throw startError(options, word, { code: "ENOENT" });
  });
}

async function findFile(options: CommandToStart, file: string, cwd: string): Promise<void> {
  const folders = file.includes("/") ? [cwd] : (process.env.PATH ?? "").split(delimiter);
  let problem: unknown = { code: "ENOENT" };
  for (const folder of folders)
    try {
      const path = resolve(folder, file);
      if (!(await stat(path)).isFile()) continue;
      await access(path, constants.X_OK);
      return;
    } catch (error) {
      if ((error as { code?: unknown }).code === "EACCES") problem = error;
    }
  throw startError(options, file, problem);
}
