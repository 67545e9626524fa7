import { access, constants, lstat } from "node:fs/promises";
import { dirname } from "node:path";
import { openFileSink } from "../../bytes/file-sink.ts";
import type { DocumentName, Documents, NamedDocument } from "../../documents/document.ts";
import { DocumentOrder } from "../../documents/document-order.ts";
import type { Event } from "../../documents/event.ts";
import type { EventDescriptor } from "../../documents/event-descriptor.ts";
import type { RunStart } from "../../documents/run-start.ts";
import type { RunStop } from "../../documents/run-stop.ts";
import { DaqError } from "../../model/errors.ts";
import type { SaidDocument } from "../../model/ledger.ts";
import type { Format, FormatOptions, FormatWriter } from "../contract.ts";
import { extensionIn } from "../file-extension.ts";
import { streamPath } from "../stream-path.ts";
import { DocumentStream, type UnwritableKeys } from "./document-stream.ts";
import { pageEvents } from "./page-events.ts";
import { runOfStart } from "./run-of-start.ts";
import { safeStreamName } from "./safe-stream-name.ts";
import { ScanGrid } from "./scan-grid.ts";

/** Those of the format, and what belongs to documents. */
export type TableDocumentWriterOptions = Partial<Omit<FormatOptions, "live">> & {
  /** Events of a stream that are written together, with a checkpoint after them; absent: 10,000, and never more than 64 MiB. */
  readonly rowsPerBatch?: number;
  /** What to do with quantities that have no place in a table, such as lists of any length; absent: refuse their stream. */
  readonly unwritable?: UnwritableKeys;
  /** One line for the person who looks at the file: what is not in it. */
  readonly onNotice?: (notice: string) => void;
};

/** The files of the streams that were known when they were made. */
type OpenFiles = { readonly writer: FormatWriter; readonly streams: readonly DocumentStream[] };

/**
 * Writes the events of one run as tables, one for each event stream, in the caller's process. The files are made with the first
 * batch, or at the end; a stream that is described after that has files of its own. In memory are `rowsPerBatch` events of each
 * stream, and up to 1,000 that may be measured again after a pause.
 */
export abstract class TableDocumentWriter {
  readonly #format: Format;
  readonly #path: string;
  readonly #options: FormatOptions;
  readonly #unwritable: UnwritableKeys;
  readonly #notify: (notice: string) => void;
  readonly #rowsPerBatch: number;
  readonly #order = new DocumentOrder();
  readonly #streams = new Map<string, DocumentStream>();
  readonly #streamOf = new Map<string, DocumentStream>();
  readonly #files: OpenFiles[] = [];
  /** What no stream's metadata has. */
  readonly #said: SaidDocument[] = [];
  #start: RunStart | undefined;
  #grid: ScanGrid | undefined;
  #failure: unknown;
  #isClosed = false;
  #last: Promise<void> = Promise.resolve();

  protected constructor(format: Format, path: string, options: TableDocumentWriterOptions) {
    const { rowsPerBatch = 10_000, unwritable = "refuse", onNotice, ...ofFormat } = options;
    const { compression = format.defaultCompression, durability = "process" } = ofFormat;
    if (!Number.isSafeInteger(rowsPerBatch) || rowsPerBatch < 1)
      throw new DaqError("format", `rowsPerBatch is ${rowsPerBatch}, not a whole number from 1.`);
    if (!format.compressions.includes(compression))
      throw refused(
        `${format.name} has no compression ${JSON.stringify(compression)}`,
        `It has ${format.compressions.join(", ")}.`,
      );
    this.#format = format;
    this.#path = path;
    this.#options = { ...ofFormat, compression, durability };
    checkExtension(format, path, this.#options);
    this.#unwritable = unwritable;
    this.#notify = onNotice ?? (() => {});
    this.#rowsPerBatch = rowsPerBatch;
  }

  /** A subscriber of an engine. Resolves when the document is in memory, or its batch in the file. */
  readonly take = (name: DocumentName, doc: Documents[DocumentName]): Promise<void> =>
    this.consumeDocument({ name, doc });

  /** Throws `DaqError("format")` for a document that is damaged or out of place; it is not written then. */
  consumeDocument(document: { readonly name: string; readonly doc: unknown }): Promise<void> {
    return this.#next(() => this.#consume(document));
  }

  /** What was taken will not be measured again. An engine tells it to whom `subscribe` is given as `hooks`. */
  readonly onCheckpoint = (): void => {
    void this.#next(async () => {
      for (const stream of this.#streams.values()) stream.settle();
    });
  };

  /** No document comes any more: what was taken is finished, as a run that did not end. */
  readonly onGivenUp = (): void => {
    this.close().catch(() => {}); // Who made the writer learns it from his own call.
  };

  /** Events that were in the files already when a pause took them again: they are there twice, and the later one counts. */
  get repeated(): number {
    return [...this.#streams.values()].reduce((sum, { repeated }) => sum + repeated, 0);
  }

  /** Finishes the files. Without a stop document they say that the run did not end. Idempotent. */
  close(): Promise<void> {
    return this.#next(() => this.#finish());
  }

  /** Without a stop document or `close` the files stay as after a crash, for `daq recover`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    this.#isClosed = true;
    for (const { writer } of this.#files) await writer[Symbol.asyncDispose]();
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  async #consume({ name, doc }: { readonly name: string; readonly doc: unknown }): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isClosed) throw refused("The writer is closed", "A writer takes one run; make another.");
    const document = this.#order.accept(name, doc);
    if (document.name === "start") this.#start = document.doc;
    else if (document.name === "descriptor") await this.#describe(document.doc);
    else if (document.name === "stop") {
      this.#remember(document);
      await this.#finish(document.doc);
    } else if (document.name === "resource" || document.name === "stream_resource") this.#remember(document);
    else for (const event of eventsIn(document)) await this.#add(event);
  }

  #remember({ name, doc }: NamedDocument): void {
    this.#said.push({ name, doc: doc as SaidDocument["doc"] });
  }

  async #describe(descriptor: EventDescriptor): Promise<void> {
    const before = this.#streams.get(descriptor.name ?? "primary");
    if (before !== undefined) {
      before.describeAgain(descriptor);
      this.#streamOf.set(descriptor.uid, before);
      this.#remember({ name: "descriptor", doc: descriptor });
      return;
    }
    const names = [...this.#streams.values()].map(({ name }) => name);
    const name = safeStreamName(descriptor.name ?? "primary", names);
    const stream = new DocumentStream(name, descriptor, this.#rowsPerBatch, this.#unwritable);
    await this.#checkPlace(stream);
    this.#streams.set(descriptor.name ?? "primary", stream);
    this.#streamOf.set(descriptor.uid, stream);
  }

  /** The files are made later; whoever named one that exists, or a stream that the format cannot hold, wants to know it now. */
  async #checkPlace(added: DocumentStream): Promise<void> {
    const problem = this.#format.refusal(added.schema);
    if (problem !== undefined)
      throw refused(problem.replace(/\.$/, ""), "Write the documents in another format.");
    const streams = [...this.#streamsToCome(), added].map(({ schema }) => schema);
    for (const { path } of this.#format.plan(this.#pathFor(added), streams)) await checkFree(path);
  }

  /** Streams without files. */
  #streamsToCome(): readonly DocumentStream[] {
    return [...this.#streams.values()].filter(
      (stream) => !this.#files.some(({ streams }) => streams.includes(stream)),
    );
  }

  /** That of the caller for the first files; streams that come later have their names in theirs. */
  #pathFor(stream: DocumentStream): string {
    if (this.#files.length === 0) return this.#path;
    const schemas = [...this.#streams.values(), stream].map(({ schema }) => schema);
    return streamPath(this.#path, this.#format.extension(this.#options), schemas, stream.name);
  }

  async #add(event: Event): Promise<void> {
    const stream = this.#streamOf.get(event.descriptor);
    if (stream === undefined)
      throw refused(`Descriptor ${event.descriptor} was refused`, "Its events have no table.");
    stream.add(event);
    if (!stream.hasBatch) return;
    await this.#guarded(async () => {
      await this.#makeFiles();
      const { writer } = this.#files.find(({ streams }) => streams.includes(stream))!;
      await this.#append(writer, stream);
      await writer.checkpoint();
    });
  }

  /** After a failure nobody knows what is in the files: every further call says so. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  /** For all streams that have none: the first ones share theirs. */
  async #makeFiles(): Promise<void> {
    const toCome = this.#streamsToCome();
    const groups = this.#files.length === 0 ? [toCome] : toCome.map((stream) => [stream]);
    for (const streams of groups) {
      if (streams.length === 0) continue;
      for (const stream of streams) stream.fix();
      const schemas = streams.map(({ schema }) => schema);
      const writer = await this.#format.create({
        path: this.#pathFor(streams[0]!),
        run: { info: runOfStart(this.#start!), streams: schemas },
        options: this.#options,
        openSink: openFileSink,
      });
      this.#files.push({ writer, streams });
      for (const stream of streams) {
        for (const [key, reason] of stream.leftOut)
          this.#notify(`Stream ${stream.name}: ${key} is not in the file: ${reason}`);
        if (stream.name === "primary" && writer.addGrid !== undefined)
          this.#grid = ScanGrid.of(this.#start!, stream.schema.columns, []);
      }
    }
  }

  async #append(writer: FormatWriter, stream: DocumentStream): Promise<void> {
    const batch = stream.take();
    if (batch === undefined) return;
    if (stream.name === "primary") this.#grid?.addRows(batch);
    await writer.append(batch);
  }

  async #finish(stop?: RunStop): Promise<void> {
    if (this.#isClosed) return;
    if (this.#failure !== undefined) throw this.#failure;
    await this.#guarded(async () => {
      await this.#makeFiles();
      for (const files of this.#files) await this.#close(files, stop);
      this.#isClosed = true;
    });
  }

  async #close({ writer, streams }: OpenFiles, stop: RunStop | undefined): Promise<void> {
    for (const stream of streams) {
      stream.settle();
      while (stream.hasFinal) await this.#append(writer, stream);
      if (stream.name === "primary" && this.#grid !== undefined) writer.addGrid?.(this.#grid.grid());
    }
    await writer.checkpoint();
    await writer.close({
      complete: stop !== undefined,
      accounts: streams.map(({ name, stored }) => ({
        stream: name,
        produced: stored,
        stored,
        lost: 0,
        ranges: [],
      })),
      ...(stop === undefined
        ? {}
        : { ending: { exitStatus: stop.exit_status, reason: stop.reason ?? "", documents: this.#said } }),
    });
  }
}

function eventsIn(document: NamedDocument): Iterable<Event> {
  if (document.name === "event") return [document.doc];
  if (document.name === "event_page") return pageEvents(document.doc);
  return document.name === "bulk_events" ? Object.values(document.doc).flat() : [];
}

/** ".csv.gz" is not a name for a file that is not compressed, nor ".csv" for one that is. */
function checkExtension(format: Format, path: string, options: FormatOptions): void {
  const right = format.extension(options);
  const others = format.compressions
    .map((compression) => format.extension({ ...options, compression }))
    .filter((extension) => extension !== right);
  const written = extensionIn(path, [right, ...others])?.toLowerCase();
  if (written !== undefined && written !== right)
    throw refused(
      `${path} is not a name for ${format.name} with compression ${options.compression}`,
      `Let it end with ${right}.`,
    );
}

async function checkFree(path: string): Promise<void> {
  const exists = await lstat(path).then(
    () => true,
    () => false,
  );
  if (exists)
    throw new DaqError("path", `${path} exists already; existing files are never overwritten.`, {
      hint: "Choose another name.",
    });
  await access(dirname(path), constants.W_OK).catch((cause: unknown) => {
    throw new DaqError("path", `${path} cannot be written: there is no folder that may be written to.`, {
      hint: "Make the folder, or choose another one.",
      cause,
    });
  });
}

function refused(problem: string, hint: string): DaqError {
  return new DaqError("format", `${problem}.`, { hint });
}
