import { statSync } from "node:fs";
import { DaqError, systemCode } from "../../model/errors.ts";

export type CommandToStart = {
  /** The device, for messages. */
  readonly id: string;
  /** A list is run directly, a text by the shell. */
  readonly command: string | readonly string[];
  readonly cwd: string | undefined;
};

const longestCommand = 60;

/** The command in one line that is short enough for a message. */
export function shortCommand(command: string | readonly string[]): string {
  const text = (typeof command === "string" ? command : command.join(" ")).replace(/\s+/g, " ").trim();
  return text.length > longestCommand ? `${text.slice(0, longestCommand - 1)}…` : text;
}

/** The device and its command, for messages. */
export function describeCommand({ id, command }: CommandToStart): string {
  return `Device "${id}": the command "${shortCommand(command)}"`;
}

/** Why a program cannot be started; `cause` is the system's error. */
export function startError(options: CommandToStart, file: string, cause: unknown): DaqError {
  const { id, cwd } = options;
  // A missing working folder and a missing program are the same code to the system.
  if (cwd !== undefined && !statSync(cwd, { throwIfNoEntry: false })?.isDirectory())
    return new DaqError("device", `Device "${id}": the working folder ${cwd} does not exist.`, {
      hint: "Create it, or correct cwd.",
      cause,
    });
  switch (systemCode(cause)) {
    case "ENOENT":
      return new DaqError("device", `Device "${id}": the program "${file}" was not found.`, {
        hint: "Check its name, install it, or give its full path.",
        cause,
      });
    case "EACCES":
      return new DaqError(
        "device",
        `Device "${id}": the program "${file}" cannot be run: permission denied.`,
        {
          hint: `Make it executable: chmod +x ${file}`,
          cause,
        },
      );
    default: {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return new DaqError("device", `${describeCommand(options)} could not be started: ${reason}`, { cause });
    }
  }
}
