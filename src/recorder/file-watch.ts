import { readdir, readlink, stat } from "node:fs/promises";

/** A file that is not at its path any more. `movedTo`: where it is now; absent when it was deleted, or nobody knows. */
export type MissingFile = { readonly path: string; readonly movedTo?: string };

type Identity = { readonly path: string; readonly dev: bigint; readonly ino: bigint };

/** A look costs a call of the system for each file. */
const lookEveryMs = 1_000;

/**
 * Whether the files that a recorder has open are still at their paths. A file that was deleted or renamed can be written
 * to as before, and nobody would ever find what is in it.
 */
export class FileWatch {
  readonly #files: readonly Identity[];
  readonly #now: () => number;
  #lookedAtMs: number;
  #missing: readonly MissingFile[] = [];

  private constructor(files: readonly Identity[], now: () => number) {
    this.#files = files;
    this.#now = now;
    this.#lookedAtMs = now();
  }

  /** Of files that were opened just now. */
  static async over(
    paths: readonly string[],
    now: () => number = () => performance.now(),
  ): Promise<FileWatch> {
    const files = await Promise.all(paths.map(identityOf));
    return new FileWatch(
      files.filter((file) => file !== undefined),
      now,
    );
  }

  /** As of the last look. */
  get missing(): readonly MissingFile[] {
    return this.#missing;
  }

  /** Looks again, unless it did a moment ago; returns what has gone since the look before. */
  async look({ atOnce = false } = {}): Promise<readonly MissingFile[]> {
    if (!atOnce && this.#now() - this.#lookedAtMs < lookEveryMs) return [];
    this.#lookedAtMs = this.#now();
    const known = new Set(this.#missing.map(({ path }) => path));
    const found = await Promise.all(this.#files.map(missingOf));
    this.#missing = found.filter((file) => file !== undefined);
    return this.#missing.filter(({ path }) => !known.has(path));
  }
}

async function identityOf(path: string): Promise<Identity | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return { path, dev, ino };
  } catch {
    return undefined;
  }
}

async function missingOf(file: Identity): Promise<MissingFile | undefined> {
  const { path, dev, ino } = file;
  const there = await identityOf(path);
  if (there?.dev === dev && there.ino === ino) return undefined;
  const movedTo = await nameOfOpenFile(file);
  return { path, ...(movedTo === undefined ? {} : { movedTo }) };
}

/** The name that a file has now which this process has open, where the system tells it (Linux). */
async function nameOfOpenFile({ dev, ino }: Identity): Promise<string | undefined> {
  const folder = "/proc/self/fd";
  for (const fd of await readdir(folder).catch(() => [])) {
    try {
      const opened = await stat(`${folder}/${fd}`, { bigint: true });
      if (opened.dev === dev && opened.ino === ino)
        return opened.nlink === 0n ? undefined : await readlink(`${folder}/${fd}`);
    } catch {
      // Closed meanwhile.
    }
  }
  return undefined;
}

/** A sentence on it. */
export function missingText({ path, movedTo }: MissingFile): string {
  return movedTo === undefined
    ? `${path} is gone: somebody deleted or replaced it while it was written.`
    : `${path} was renamed while it was written; it is now ${movedTo}.`;
}
