import { type ChildProcess, fork } from "node:child_process";
import { DaqError } from "../../src/model/errors.ts";

/** Messages from a child are objects with a `type`; `advanced` serialization carries 64-bit integers and arrays. */
type Message = { readonly type: string };

/** One of the programs in `processes/`, started with its options and asked for what it found. */
export class Child {
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #arrived: Message[] = [];
  #notify: () => void = () => {};
  #ended: string | undefined;

  /** `name` is the file in `processes/`, without its ending. */
  constructor(name: string, options: object) {
    this.#name = name;
    this.#process = fork(new URL(`../processes/${name}.ts`, import.meta.url), [JSON.stringify(options)], {
      serialization: "advanced",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#process.on("message", (message: Message) => {
      this.#arrived.push(message);
      this.#notify();
    });
    this.#process.on("exit", (code, signal) => {
      this.#ended = signal ?? `exit code ${code}`;
      this.#notify();
    });
    this.#process.on("error", (error) => {
      this.#ended = error.message;
      this.#notify();
    });
  }

  /** The next message, which must be of this type. Rejects with `DaqError("process")` when the child ends instead. */
  async receive<Content = unknown>(type: string): Promise<Content> {
    while (this.#arrived.length === 0) {
      if (this.#ended !== undefined)
        throw new DaqError("process", `The benchmark's process ${this.#name} ended (${this.#ended}).`, {
          hint: "Its own message stands above.",
        });
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
    }
    const message = this.#arrived.shift()!;
    if (message.type !== type)
      throw new DaqError("process", `${this.#name} sent "${message.type}", where "${type}" was expected.`);
    return message as Content;
  }

  /** Lets the child go on to its next step. */
  go(): void {
    this.#process.send({ type: "go" });
  }

  /** Resolves when the child has ended; a child that waits for its next step ends when it is let go. */
  async end(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    while (this.#ended === undefined)
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
  }
}

/** Runs `use` with the children, and ends them whatever happens. */
export async function withChildren<Result>(
  children: readonly Child[],
  use: () => Promise<Result>,
): Promise<Result> {
  try {
    return await use();
  } finally {
    await Promise.all(children.map((child) => child.end()));
  }
}
