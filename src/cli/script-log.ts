import { createWriteStream, type WriteStream } from "node:fs";
import type { FilesBeside } from "../run/recording.ts";

/** Lines before the first run may be as many as this; more are only on the terminal. */
const mostWaiting = 10_000;

const ending = ".log";

/** What a script prints, each line with its time, in a file beside the index of its first run. */
export class ScriptLog {
  readonly #waiting: string[] = [];
  readonly #closed = Promise.withResolvers<void>();
  #file: WriteStream | undefined;
  #path: string | undefined;
  #failure: Error | undefined;

  get path(): string | undefined {
    return this.#path;
  }

  /** What it adds to the files of a run that is about to begin. */
  get filesBeside(): FilesBeside | undefined {
    return this.#file === undefined ? { endings: [ending], closed: () => this.#closed.promise } : undefined;
  }

  /** A run has begun: what was printed before belongs to it, too. */
  begin(indexPath: string): void {
    if (this.#file !== undefined) return;
    this.#path = `${indexPath.replace(/\.run\.json$/, "")}${ending}`;
    this.#file = createWriteStream(this.#path, { flags: "wx" });
    this.#file.on("error", (error) => {
      this.#failure = error;
    });
    for (const line of this.#waiting) this.#file.write(line);
    this.#waiting.length = 0;
  }

  write(text: string): void {
    const line = `${new Date().toISOString()} ${text}\n`;
    if (this.#file !== undefined) this.#file.write(line);
    else if (this.#waiting.length < mostWaiting) this.#waiting.push(line);
  }

  /** Resolves to what went wrong, if something did. */
  async close(): Promise<Error | undefined> {
    const file = this.#file;
    if (file !== undefined && !file.closed)
      await new Promise<void>((resolve) => {
        file.on("close", resolve);
        file.end();
      });
    this.#closed.resolve();
    return this.#failure;
  }
}
