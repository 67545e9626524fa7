import { DaqError, systemCode } from "../model/errors.ts";
import { toJson } from "../model/metadata.ts";

/** What a write says to an output whose reader left, or whose terminal was closed. */
const closedOutput = ["EPIPE", "EIO"];

function ignoreClosed(error: Error): void {
  if (!closedOutput.includes(systemCode(error) ?? "")) throw error;
}

/**
 * Where a command talks to: results to standard output, everything else (progress, warnings, errors) to standard
 * error. With `json`, standard output carries JSON only: one object a line.
 */
export class Terminal {
  readonly json: boolean;
  readonly #out: NodeJS.WriteStream;
  readonly #error: NodeJS.WriteStream;
  #statusWidth = 0;

  constructor(
    json: boolean,
    out: NodeJS.WriteStream = process.stdout,
    error: NodeJS.WriteStream = process.stderr,
  ) {
    this.json = json;
    this.#out = out;
    this.#error = error;
    // A reader of our output that leaves (`| head`, a log viewer that is closed) must not end a recording.
    for (const stream of [process.stdout, process.stderr])
      if (!stream.listeners("error").includes(ignoreClosed)) stream.on("error", ignoreClosed);
  }

  /** True when a person watches: progress is one line that changes. */
  get isInteractive(): boolean {
    return this.#error.isTTY === true && !this.json;
  }

  get columns(): number {
    return this.#error.columns ?? 80;
  }

  /** A line of the result. */
  print(line: string): void {
    this.#clearStatus();
    this.#out.write(`${line}\n`);
  }

  /** A JSON object on a line of its own. */
  printJson(value: unknown): void {
    this.#out.write(`${toJson(value)}\n`);
  }

  /**
   * Part of a long result, with its line ends. Resolves when there is room for more, to false when nobody reads any
   * longer.
   */
  async write(text: string): Promise<boolean> {
    this.#clearStatus();
    if (this.#out.destroyed) return false;
    if (this.#out.write(text)) return true;
    return await new Promise<boolean>((resolve) => {
      const settle = (isOpen: boolean) => () => {
        this.#out.off("drain", onDrain).off("close", onClose).off("error", onClose);
        resolve(isOpen);
      };
      const [onDrain, onClose] = [settle(true), settle(false)];
      this.#out.once("drain", onDrain).once("close", onClose).once("error", onClose);
    });
  }

  /** A line for the person who watches. */
  log(line: string): void {
    this.#clearStatus();
    this.#error.write(`${line}\n`);
  }

  warn(line: string): void {
    this.log(`warning: ${line}`);
  }

  /** Replaces the line that shows the progress. */
  status(line: string): void {
    if (!this.isInteractive) return;
    const shown = line.slice(0, this.columns - 1);
    this.#error.write(`\r${shown.padEnd(this.#statusWidth)}`);
    this.#statusWidth = shown.length;
  }

  #clearStatus(): void {
    if (this.#statusWidth === 0) return;
    this.#error.write(`\r${" ".repeat(this.#statusWidth)}\r`);
    this.#statusWidth = 0;
  }

  fail(error: unknown): void {
    if (error instanceof DaqError) {
      if (this.json)
        this.printJson({ error: { code: error.code, message: error.message, hint: error.hint } });
      this.log(`error: ${error.message}`);
      if (error.hint !== undefined) this.log(`       ${error.hint}`);
    } else {
      this.log(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      this.log("       This is a fault of daq-storage. Please report it with the lines above.");
    }
  }
}
