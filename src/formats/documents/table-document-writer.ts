import { hostname } from "node:os";
import { openFileSink } from "../../bytes/file-sink.ts";
import { type DocumentName, type Documents, parseDocument } from "../../documents/document.ts";
import { DocumentOrder } from "../../documents/document-order.ts";
import type { Event } from "../../documents/event.ts";
import type { EventDescriptor } from "../../documents/event-descriptor.ts";
import type { EventPage } from "../../documents/event-page.ts";
import type { RunStart } from "../../documents/run-start.ts";
import type { RunStop } from "../../documents/run-stop.ts";
import { DaqError } from "../../model/errors.ts";
import { toJson } from "../../model/metadata.ts";
import type { Format, FormatWriter } from "../contract.ts";
import { softwareVersion } from "../software-version.ts";
import { EventTable } from "./event-table.ts";

export type TableDocumentWriterOptions = {
  /** Events of a stream that are written together, with a checkpoint after them; absent: 10,000. */
  readonly rowsPerBatch?: number;
  /** One of the format's; absent: its default. */
  readonly compression?: string;
  /** `power`: each batch survives the death of the machine, not only that of the process. */
  readonly durability?: "process" | "power";
};

type Stream = { readonly table: EventTable; stored: number };

/**
 * Writes the events of one run as tables, one for each event stream, in the caller's process. The files are made at the
 * first event, with the streams that were described by then. In memory are `rowsPerBatch` events of each stream.
 */
export abstract class TableDocumentWriter {
  readonly #format: Format;
  readonly #path: string;
  readonly #options: TableDocumentWriterOptions;
  readonly #rowsPerBatch: number;
  readonly #order = new DocumentOrder();
  readonly #streams = new Map<string, Stream>();
  readonly #streamOf = new Map<string, Stream>();
  #start: RunStart | undefined;
  #writer: FormatWriter | undefined;
  #failure: unknown;
  #isClosed = false;
  #last: Promise<void> = Promise.resolve();

  protected constructor(format: Format, path: string, options: TableDocumentWriterOptions) {
    const { rowsPerBatch = 10_000 } = options;
    if (!Number.isSafeInteger(rowsPerBatch) || rowsPerBatch < 1)
      throw new DaqError("format", `rowsPerBatch is ${rowsPerBatch}, not a whole number from 1.`);
    this.#format = format;
    this.#path = path;
    this.#options = options;
    this.#rowsPerBatch = rowsPerBatch;
  }

  /** A subscriber of an engine. Resolves when the document is in memory, or its batch in the file. */
  readonly take = <Name extends DocumentName>(name: Name, doc: Documents[Name]): Promise<void> =>
    this.consumeDocument({ name, doc });

  /** Throws `DaqError("format")` for a document that is damaged or out of place; it is not written then. */
  consumeDocument(document: { readonly name: string; readonly doc: unknown }): Promise<void> {
    return this.#next(() => this.#consume(document));
  }

  /** Finishes the files. Without a stop document they say that the run did not end. Idempotent. */
  close(): Promise<void> {
    return this.#next(() => this.#finish());
  }

  /** Without a stop document or `close` the files stay as after a crash, for `daq recover`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    this.#isClosed = true;
    await this.#writer?.[Symbol.asyncDispose]();
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  async #consume({ name, doc }: { readonly name: string; readonly doc: unknown }): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isClosed) throw refused("The writer is closed", "A writer takes one run; make another.");
    const parsed = parseDocument(name, doc);
    this.#order.accept(name, doc);
    if (parsed.name === "start") this.#start = parsed.doc;
    else if (parsed.name === "descriptor") this.#describe(parsed.doc);
    else if (parsed.name === "event") await this.#add(parsed.doc);
    else if (parsed.name === "event_page") for (const event of eventsOf(parsed.doc)) await this.#add(event);
    else if (parsed.name === "stop") await this.#finish(parsed.doc);
  }

  #describe(descriptor: EventDescriptor): void {
    const name = descriptor.name ?? "primary";
    for (const [key, { external }] of Object.entries(descriptor.data_keys))
      if (external !== undefined && !external.startsWith("STREAM:"))
        throw refused(`Stream ${name}: the values of ${key} are in other files`, "Fill the events first.");
    const table = new EventTable(descriptor, this.#rowsPerBatch);
    const known = this.#streams.get(name);
    if (known === undefined && this.#writer !== undefined)
      throw refused(`Stream ${name} comes after the first event`, "Describe all streams before it.");
    if (known !== undefined && toJson(known.table.schema.columns) !== toJson(table.schema.columns))
      throw refused(`Stream ${name} is described again with other columns`, "Give it another name.");
    const stream = known ?? { table, stored: 0 };
    this.#streams.set(name, stream);
    this.#streamOf.set(descriptor.uid, stream);
  }

  async #add(event: Event): Promise<void> {
    const stream = this.#streamOf.get(event.descriptor);
    if (stream === undefined)
      throw refused(`Descriptor ${event.descriptor} was refused`, "Its events have no table.");
    if (Object.values(event.filled ?? {}).includes(false))
      throw refused("A value of the event is in another file", "Fill the events first.");
    try {
      this.#writer ??= await this.#create();
      stream.table.add(event);
      if (stream.table.rows < this.#rowsPerBatch) return;
      await this.#append(this.#writer, stream);
      await this.#writer.checkpoint();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  #create(): Promise<FormatWriter> {
    const start = this.#start!;
    const { compression = this.#format.defaultCompression, durability = "process" } = this.#options;
    return this.#format.create({
      path: this.#path,
      run: {
        info: {
          uid: start.uid.replaceAll("-", ""),
          startedAtNs: String(start.time_ns ?? BigInt(Math.round(start.time * 1e9))),
          experiment: start.plan_name === undefined ? {} : { plan_name: start.plan_name },
          host: hostname(),
          software: { name: "daq-storage", version: softwareVersion() },
          start,
          devices: [],
        },
        streams: [...this.#streams.values()].map(({ table }) => table.schema),
      },
      options: { compression, durability },
      openSink: openFileSink,
    });
  }

  async #append(writer: FormatWriter, stream: Stream): Promise<void> {
    const rows = stream.table.take();
    if (rows === undefined) return;
    const { count, timestampsNs, columns, validity } = rows;
    await writer.append({
      stream: stream.table.schema,
      count,
      timestampsNs: timestampsNs!,
      sequences: BigInt64Array.from({ length: count }, (_, index) => BigInt(stream.stored + index)),
      columns: columns.map((bytes, index) => {
        const valid = validity?.[index];
        return valid === undefined ? { bytes } : { bytes, validity: valid };
      }),
    });
    stream.stored += count;
  }

  async #finish(stop?: RunStop): Promise<void> {
    if (this.#isClosed) return;
    if (this.#failure !== undefined) throw this.#failure;
    try {
      if (this.#streams.size > 0) this.#writer ??= await this.#create();
      const writer = this.#writer;
      if (writer !== undefined) {
        for (const stream of this.#streams.values()) await this.#append(writer, stream);
        await writer.checkpoint();
        await writer.close({
          complete: stop !== undefined,
          accounts: [...this.#streams].map(([stream, { stored }]) => ({
            stream,
            produced: stored,
            stored,
            lost: 0,
            ranges: [],
          })),
          ...(stop === undefined
            ? {}
            : { ending: { exitStatus: stop.exit_status, reason: stop.reason ?? "" } }),
        });
      }
      this.#isClosed = true;
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}

function* eventsOf(page: EventPage): Generator<Event> {
  const row = <Value>(columns: { readonly [key: string]: readonly Value[] }, index: number) =>
    Object.fromEntries(Object.entries(columns).map(([key, values]) => [key, values[index]!]));
  for (const [index, uid] of page.uid.entries())
    yield {
      uid,
      descriptor: page.descriptor,
      seq_num: page.seq_num[index]!,
      time: page.time[index]!,
      data: row(page.data, index),
      timestamps: row(page.timestamps, index),
      filled: row(page.filled ?? {}, index),
    };
}

function refused(problem: string, hint: string): DaqError {
  return new DaqError("format", `${problem}.`, { hint });
}
