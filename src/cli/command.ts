import type { Terminal } from "./terminal.ts";

export type OptionDefinition = {
  readonly name: string;
  readonly short?: string;
  /** A flag takes no value; a text takes one. */
  readonly kind: "flag" | "text";
  /** Name of the value in the help: "PATH", "10s". */
  readonly value?: string;
  readonly doc: string;
  /** May be given several times. */
  readonly multiple?: boolean;
};

export type ParsedArguments = {
  readonly positionals: readonly string[];
  readonly flag: (name: string) => boolean;
  readonly text: (name: string) => string | undefined;
  readonly texts: (name: string) => readonly string[];
};

/** A sub-command: a file in `commands/`, a line in the table of `main.ts`. `--json` and `--help` come by themselves. */
export type Command = {
  readonly name: string;
  readonly summary: string;
  /** What follows the name: "FILE…", "[config.toml]". */
  readonly operands: string;
  /** Fewest and most operands. */
  readonly operandCount: readonly [number, number];
  readonly options: readonly OptionDefinition[];
  /** Lines of help that show the command at work: command, then what it does. */
  readonly examples: readonly (readonly [command: string, does: string])[];
  /** More help, in full sentences: exit codes, what is meant by an operand. */
  readonly notes?: string;
  /** Resolves to the exit code. Rejects with `DaqError`. */
  run(args: ParsedArguments, terminal: Terminal): Promise<number>;
};
