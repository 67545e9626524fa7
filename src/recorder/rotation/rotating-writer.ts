import { readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { syncFolder } from "../../bytes/sync-folder.ts";
import type { Format, FormatWriter, OutputFile, WriterState, WriterTarget } from "../../formats/contract.ts";
import type { Batch } from "../../model/batch.ts";
import { DaqError } from "../../model/errors.ts";
import type { Grid } from "../../model/grid.ts";
import type { Ledger } from "../../model/ledger.ts";
import { type PartStarts, partLedger, startsAfter } from "./part-ledger.ts";
import { partPath } from "./part-path.ts";
import type { Rotation } from "./rotation.ts";

/** A part that gets nothing more; it is closed when the checkpoint that says so counts. */
type EndingPart = { readonly ledger: Ledger; readonly next: PartStarts };

type RotatingState = {
  readonly version: 1;
  readonly part: number;
  readonly startedAtMs: number;
  /** What the parts before hold. */
  readonly starts: PartStarts;
  readonly ending?: EndingPart;
  readonly inner: WriterState;
};

type OpenPart = {
  readonly number: number;
  readonly writer: FormatWriter;
  readonly startedAtMs: number;
  readonly starts: PartStarts;
};

/**
 * Writes the streams of a run in parts, each by a writer of its own and complete with its part of the ledger.
 *
 *     checkpoint N      the part is due: it ends here, which the state says; it stays open
 *     records           go to the next part, which is made now
 *     checkpoint N + 1  N counts: the ended part is closed. The state is that of the next part
 *
 * So a crash between any two of these finds, at the last checkpoint that counts, one part that can be resumed; what a later
 * part has is in the ring.
 */
export class RotatingWriter implements FormatWriter {
  readonly storesAtCheckpoint?: true;
  readonly appendShared?: (batch: Batch, isIntact: () => boolean) => Promise<boolean>;
  readonly #format: Format;
  readonly #target: WriterTarget;
  readonly #rotation: Rotation;
  #current: OpenPart;
  #ending: EndingPart | undefined;
  #next: OpenPart | undefined;
  #making: Promise<OpenPart> | undefined;

  private constructor(format: Format, target: WriterTarget, rotation: Rotation, current: OpenPart) {
    this.#format = format;
    this.#target = target;
    this.#rotation = rotation;
    this.#current = current;
    // Every part is of the same format.
    const { storesAtCheckpoint, appendShared } = current.writer;
    if (storesAtCheckpoint !== undefined) this.storesAtCheckpoint = storesAtCheckpoint;
    if (appendShared !== undefined)
      this.appendShared = async (batch, isIntact) => (await this.#writer()).appendShared!(batch, isIntact);
  }

  static async create(format: Format, target: WriterTarget, rotation: Rotation): Promise<RotatingWriter> {
    return new RotatingWriter(format, target, rotation, await makePart(format, target, 1, {}));
  }

  static async resume(
    format: Format,
    target: WriterTarget,
    rotation: Rotation,
    state: WriterState,
  ): Promise<RotatingWriter> {
    const { part: number, startedAtMs, starts, ending, inner } = parseState(state, target.path);
    // Made behind the checkpoint: its records come again.
    const later = format.plan(partPath(format, target.path, number + 1), target.run.streams);
    for (const { path } of later)
      if (format.discard === undefined) await rm(path, { force: true });
      else await format.discard(path, target.run.info.uid);
    const writer = await format.resume(partTarget(format, target, number), inner);
    const resumed = new RotatingWriter(format, target, rotation, { number, writer, startedAtMs, starts });
    resumed.#ending = ending;
    return resumed;
  }

  get files(): readonly OutputFile[] {
    const { path, run } = this.#target;
    const before = Array.from({ length: this.#current.number - 1 }, (_, index) =>
      this.#format.plan(partPath(this.#format, path, index + 1), run.streams),
    );
    return [...before.flat(), ...this.openFiles];
  }

  get openFiles(): readonly OutputFile[] {
    return [...this.#current.writer.files, ...(this.#next?.writer.files ?? [])];
  }

  get finished(): PartStarts {
    return this.#current.starts;
  }

  async append(batch: Batch): Promise<void> {
    await (await this.#writer()).append(batch);
  }

  /** Whoever comes first makes the next part; batches of other streams wait for it. */
  async #writer(): Promise<FormatWriter> {
    if (this.#ending === undefined) return this.#current.writer;
    const { next } = this.#ending;
    this.#making ??= makePart(this.#format, this.#target, this.#current.number + 1, next);
    this.#next = await this.#making;
    return this.#next.writer;
  }

  async checkpoint(known?: () => Ledger): Promise<WriterState> {
    if (this.#ending !== undefined && this.#making !== undefined) await this.#closeEnded(this.#ending);
    const { number: part, startedAtMs, starts, writer } = this.#current;
    const inner = await writer.checkpoint();
    if (this.#ending === undefined && known !== undefined) {
      const ledger = known();
      if (this.#hasRecords(ledger) && (await this.#isDue()))
        this.#ending = { ledger: partLedger(ledger, starts), next: startsAfter(ledger) };
    }
    const ending = this.#ending;
    const state: RotatingState = {
      version: 1,
      part,
      startedAtMs,
      starts,
      ...(ending === undefined ? {} : { ending }),
      inner,
    };
    return state;
  }

  async #closeEnded({ ledger }: EndingPart): Promise<void> {
    const next = await this.#making!;
    await this.#current.writer.close(ledger);
    this.#current = next;
    this.#next = undefined;
    this.#making = undefined;
    this.#ending = undefined;
  }

  #hasRecords({ accounts }: Ledger): boolean {
    return accounts.some(({ stream, stored }) => stored > (this.#current.starts[stream]?.stored ?? 0));
  }

  async #isDue(): Promise<boolean> {
    const { bytes, seconds } = this.#rotation;
    if (seconds !== undefined && Date.now() - this.#current.startedAtMs >= seconds * 1000) return true;
    return bytes !== undefined && (await bytesOf(this.#current.writer.files)) >= bytes;
  }

  /** A grid names frames by their number in the run, which in a later part are others: a run in several has the rows only. */
  addGrid(grid: Grid): void {
    if (this.#current.number === 1 && this.#making === undefined) this.#current.writer.addGrid?.(grid);
  }

  async close(ledger: Ledger): Promise<void> {
    // Where nothing came after the part that ended, or the next could not be made, it is the last one.
    const next = await this.#making?.catch(() => undefined);
    if (this.#ending !== undefined && next !== undefined) await this.#closeEnded(this.#ending);
    await this.#current.writer.close(partLedger(ledger, this.#current.starts));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const next = await this.#making?.catch(() => undefined);
    await next?.writer[Symbol.asyncDispose]();
    await this.#current.writer[Symbol.asyncDispose]();
  }
}

function partTarget(format: Format, target: WriterTarget, part: number): WriterTarget {
  return { ...target, path: partPath(format, target.path, part) };
}

async function makePart(
  format: Format,
  target: WriterTarget,
  number: number,
  starts: PartStarts,
): Promise<OpenPart> {
  const writer = await format.create(partTarget(format, target, number));
  if (target.options.durability === "power") await syncFolder(dirname(target.path));
  return { number, writer, startedAtMs: Date.now(), starts };
}

/** With what stands beside the files until they are finished: a format keeps records there. */
async function bytesOf(files: readonly OutputFile[]): Promise<number> {
  let sum = 0;
  for (const folder of new Set(files.map(({ path }) => dirname(path)))) {
    const starts = files.map(({ path }) => basename(path));
    for (const name of await readdir(folder))
      if (starts.some((start) => name.startsWith(start)))
        sum += (await stat(join(folder, name)).catch(() => ({ size: 0 }))).size;
  }
  return sum;
}

/** Throws `DaqError("format")` for a state that no checkpoint of parts left. */
function parseState(state: WriterState, path: string): RotatingState {
  const { version, part, startedAtMs, starts, inner } = state as Partial<RotatingState>;
  const isKnown = version === 1 && Number.isSafeInteger(part) && typeof startedAtMs === "number";
  if (isKnown && typeof starts === "object" && typeof inner === "object") return state as RotatingState;
  throw new DaqError("format", `The checkpoint says nothing of the parts of ${path}.`, {
    hint: "It belongs to another run or version. `daq recover` makes a single part complete as it is.",
  });
}
