/** The parent's side of a benchmark process: its options, its steps, what it reports. */
export function parseOptions<Options>(): Options {
  return JSON.parse(process.argv[2] ?? "null") as Options;
}

export function report(type: string, content: object = {}): void {
  process.send!({ type, ...content });
}

/** Resolves when the parent lets this process go on; a parent that is gone ends it. */
export function nextStep(): Promise<void> {
  return new Promise((resolve) => process.once("message", () => resolve()));
}

process.on("disconnect", () => process.exit());
