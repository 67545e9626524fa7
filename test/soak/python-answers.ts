import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const python = process.env.PYTHON ?? "python3";

/** A Python script of this folder, which says lines of JSON. */
export class PythonAnswers {
  readonly #process: ChildProcess;
  readonly #closed: Promise<void>;
  #said: string[] = [];
  #wake: () => void = () => undefined;
  #isClosed = false;
  #errors = "";

  constructor(script: string, ...parameters: string[]) {
    this.#process = spawn(python, [join(import.meta.dirname, script), ...parameters], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#process.stderr!.on("data", (bytes: Buffer) => {
      this.#errors += bytes.toString();
    });
    this.#process.on("error", (error) => {
      this.#errors += error.message;
    });
    this.#process.stdin!.on("error", () => undefined); // It died: the next answer says why.
    createInterface({ input: this.#process.stdout! }).on("line", (line) => {
      this.#said.push(line);
      this.#wake();
    });
    this.#closed = once(this.#process, "close").then(
      () => this.#ended(),
      () => this.#ended(),
    );
  }

  #ended(): void {
    this.#isClosed = true;
    this.#wake();
  }

  /** The next line that it says. Rejects when it has ended: without what it imports it does so at once. */
  async next<T>(): Promise<T> {
    while (this.#said.length === 0) {
      if (this.#isClosed) throw this.#silence();
      await new Promise<void>((done) => {
        this.#wake = done;
      });
    }
    return JSON.parse(this.#said.shift()!) as T;
  }

  #silence(): Error {
    const { exitCode, signalCode } = this.#process;
    const hint = this.#errors.includes("No module named") ? "Set PYTHON to a Python that has it." : "";
    return new Error(
      `${python} gave no answer (${signalCode ?? `exit code ${exitCode}`}). ${hint}\n${this.#errors}`,
    );
  }

  async ask<T>(question: unknown): Promise<T> {
    this.#process.stdin!.write(`${JSON.stringify(question)}\n`);
    return this.next<T>();
  }

  async end(): Promise<void> {
    this.#process.stdin!.end();
    await this.#closed;
  }
}
