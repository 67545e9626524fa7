import { DaqError } from "../model/errors.ts";
import type { DataKey } from "./data-key.ts";
import { type NamedDocument, parseDocument, type ReadableDocuments, type ReadableName } from "./document.ts";
import type { Event } from "./event.ts";
import type { EventDescriptor } from "./event-descriptor.ts";
import { fieldPath } from "./kind.ts";
import type { StreamResource } from "./stream-resource.ts";
import { valueProblem } from "./value-problem.ts";

type Stream = {
  readonly name: string;
  readonly keys: string;
  /** Highest number of an event, and of one whose values are all elsewhere. */
  last: number;
  lastElsewhere: number;
};

type Opened = {
  readonly descriptor: EventDescriptor;
  /** Data keys whose values are in the events. */
  readonly inEvents: ReadonlyMap<string, DataKey>;
  readonly stream: Stream;
};

/**
 * Follows the documents of one run and throws `DaqError("format")` at the first that is damaged or out of place. It keeps
 * the descriptors and a count for each stream: memory does not grow with the events.
 */
export class DocumentOrder {
  #run: string | undefined;
  #stopped = false;
  readonly #descriptors = new Map<string, Opened>();
  readonly #streams = new Map<string, Stream>();
  readonly #resources = new Map<string, { readonly resource: StreamResource; next: number }>();
  readonly #olderResources = new Set<string>();

  /** True after the stop document. */
  get complete(): boolean {
    return this.#stopped;
  }

  /** Gives the document, checked. */
  accept(name: unknown, doc: unknown): NamedDocument {
    const parsed = parseDocument(name, doc);
    if (this.#stopped) throw damaged(parsed.name, "", "comes after the stop document of its run");
    if (parsed.name !== "start" && this.#run === undefined)
      throw damaged(parsed.name, "", "comes before the start document of its run");
    switch (parsed.name) {
      case "start":
        this.#start(parsed.doc);
        break;
      case "descriptor":
        this.#describe(parsed.doc);
        break;
      case "event":
        this.#event(parsed.doc, "event");
        break;
      case "event_page":
        this.#page(parsed.doc);
        break;
      case "stream_resource":
        this.#resource(parsed.doc);
        break;
      case "stream_datum":
        this.#datum(parsed.doc);
        break;
      case "resource":
        this.#ofThisRunIfSaid("resource", parsed.doc.run_start);
        this.#olderResources.add(parsed.doc.uid);
        break;
      case "datum":
        this.#inOlderResource("datum", parsed.doc.resource);
        break;
      case "datum_page":
        this.#datumPage(parsed.doc);
        break;
      case "bulk_datum":
        this.#bulkDatum(parsed.doc);
        break;
      case "bulk_events":
        for (const events of Object.values(parsed.doc))
          for (const event of events) this.#event(event, "bulk_events");
        break;
      case "stop":
        this.#stop(parsed.doc);
        break;
    }
    return parsed;
  }

  #start(doc: ReadableDocuments["start"]): void {
    if (this.#run !== undefined) throw damaged("start", "uid", `is a second run, inside run ${this.#run}`);
    checkTimes("start", doc.time, doc.time_ns);
    this.#run = doc.uid;
  }

  #ofThisRun(name: ReadableName, runStart: string | undefined): void {
    if (runStart !== this.#run)
      throw damaged(name, "run_start", `is ${runStart}, but the run that goes on is ${this.#run}`);
  }

  #ofThisRunIfSaid(name: ReadableName, runStart: string | undefined): void {
    if (runStart !== undefined && runStart !== "") this.#ofThisRun(name, runStart);
  }

  #describe(doc: EventDescriptor): void {
    this.#ofThisRun("descriptor", doc.run_start);
    checkTimes("descriptor", doc.time, doc.time_ns);
    const name = doc.name ?? "";
    // Some programs say again, under the old uid, how the devices of a stream are set now.
    const before = this.#descriptors.get(doc.uid);
    if (before !== undefined && before.stream.name !== name)
      throw damaged("descriptor", "uid", `${doc.uid} is that of stream ${before.stream.name}`);
    const keys = Object.keys(doc.data_keys).sort().join("\n");
    const stream = this.#streams.get(name) ?? { name, keys, last: 0, lastElsewhere: 0 };
    if (stream.keys !== keys)
      throw damaged("descriptor", "data_keys", `has other quantities than stream ${name} was opened with`);
    for (const [device, names] of Object.entries(doc.object_keys ?? {}))
      for (const key of Array.isArray(names) ? names : [])
        if (typeof key !== "string" || !Object.hasOwn(doc.data_keys, key))
          throw damaged(
            "descriptor",
            `object_keys.${device}`,
            `names ${JSON.stringify(key)}, which is no data key`,
          );
    const inEvents = new Map(
      Object.entries(doc.data_keys).filter(([, { external }]) => !external?.startsWith("STREAM:")),
    );
    this.#streams.set(name, stream);
    this.#descriptors.set(doc.uid, { descriptor: doc, inEvents, stream });
  }

  #opened(name: ReadableName, uid: string): Opened {
    const opened = this.#descriptors.get(uid);
    if (opened === undefined) throw damaged(name, "descriptor", `${uid} is no descriptor that came before`);
    return opened;
  }

  #event(doc: Event, name: ReadableName): void {
    const { descriptor, inEvents, stream } = this.#opened(name, doc.descriptor);
    // A point that is taken again after a pause has its old number; a number that was left out is a lost event.
    if (doc.seq_num < 1 || doc.seq_num > stream.last + 1)
      throw damaged(
        name,
        "seq_num",
        `is ${doc.seq_num}; stream ${stream.name} goes on with ${stream.last + 1}`,
      );
    const known = descriptor.data_keys;
    checkKeys(name, "data", doc.data, known, inEvents);
    checkKeys(name, "timestamps", doc.timestamps, known, inEvents);
    for (const key of Object.keys(doc.filled ?? {}))
      if (!Object.hasOwn(known, key))
        throw damaged(name, fieldPath("filled", key), "is no data key of the descriptor");
    for (const [key, dataKey] of inEvents) {
      // What stands here for a value elsewhere is its key, a text.
      const isElsewhere = Boolean(dataKey.external) || doc.filled?.[key] === false;
      const problem = isElsewhere ? undefined : valueProblem(doc.data[key], dataKey);
      if (problem !== undefined) throw damaged(name, fieldPath("data", key), problem);
      if (dataKey.time_of === undefined) continue;
      const time = dataKey.time_of === "event" ? doc.time : doc.timestamps[dataKey.time_of];
      const exact = doc.data[key];
      if (time !== undefined && (typeof exact === "bigint" || typeof exact === "number"))
        checkTimes(name, time, exact, fieldPath("data", key));
    }
    stream.last = Math.max(stream.last, doc.seq_num);
  }

  #page(doc: ReadableDocuments["event_page"]): void {
    const rows = doc.seq_num.length;
    const columns: [string, readonly unknown[]][] = [
      ["uid", doc.uid],
      ["time", doc.time],
    ];
    for (const part of ["data", "timestamps", "filled"] as const)
      for (const [key, values] of Object.entries(doc[part] ?? {}))
        columns.push([fieldPath(part, key), values]);
    for (const [path, values] of columns)
      if (values.length !== rows)
        throw damaged("event_page", path, `has ${values.length} rows, seq_num ${rows}`);
    const row = (columnsOf: { readonly [key: string]: readonly unknown[] }, index: number) =>
      Object.fromEntries(Object.entries(columnsOf).map(([key, values]) => [key, values[index]]));
    for (let index = 0; index < rows; index++)
      this.#event(
        {
          uid: doc.uid[index]!,
          descriptor: doc.descriptor,
          seq_num: doc.seq_num[index]!,
          time: doc.time[index]!,
          data: row(doc.data, index),
          timestamps: row(doc.timestamps, index) as Event["timestamps"],
          filled: row(doc.filled ?? {}, index) as Record<string, boolean>,
        },
        "event_page",
      );
  }

  #resource(doc: StreamResource): void {
    this.#ofThisRunIfSaid("stream_resource", doc.run_start);
    if (this.#resources.has(doc.uid)) throw damaged("stream_resource", "uid", `${doc.uid} was there before`);
    this.#resources.set(doc.uid, { resource: doc, next: 0 });
  }

  #inOlderResource(name: ReadableName, resource: string): void {
    if (!this.#olderResources.has(resource))
      throw damaged(name, "resource", `${resource} is no resource that came before`);
  }

  #datumPage({ resource, datum_id: ids, datum_kwargs: columns }: ReadableDocuments["datum_page"]): void {
    this.#inOlderResource("datum_page", resource);
    for (const [key, values] of Object.entries(columns))
      if (values.length !== ids.length)
        throw damaged(
          "datum_page",
          fieldPath("datum_kwargs", key),
          `has ${values.length} rows, datum_id ${ids.length}`,
        );
  }

  #bulkDatum({ resource, datum_ids: ids, datum_kwarg_list: list }: ReadableDocuments["bulk_datum"]): void {
    this.#inOlderResource("bulk_datum", resource);
    if (list.length !== ids.length)
      throw damaged("bulk_datum", "datum_kwarg_list", `has ${list.length} rows, datum_ids ${ids.length}`);
  }

  #datum(doc: ReadableDocuments["stream_datum"]): void {
    const known = this.#resources.get(doc.stream_resource);
    if (known === undefined)
      throw damaged(
        "stream_datum",
        "stream_resource",
        `${doc.stream_resource} is no resource that came before`,
      );
    const { descriptor, stream } = this.#opened("stream_datum", doc.descriptor);
    const key = known.resource.data_key;
    if (!descriptor.data_keys[key]?.external)
      throw damaged("stream_datum", "descriptor", `has no data key "${key}" whose values are elsewhere`);
    for (const part of ["indices", "seq_nums"] as const)
      if (doc[part].stop < doc[part].start)
        throw damaged("stream_datum", `${part}.stop`, "is before its start");
    if (doc.indices.start < known.next)
      throw damaged(
        "stream_datum",
        "indices.start",
        `is ${doc.indices.start}; the records before ${known.next} are taken`,
      );
    known.next = doc.indices.stop;
    stream.lastElsewhere = Math.max(stream.lastElsewhere, doc.seq_nums.stop - 1);
  }

  #stop(doc: ReadableDocuments["stop"]): void {
    this.#ofThisRun("stop", doc.run_start);
    checkTimes("stop", doc.time, doc.time_ns);
    for (const [name, events] of Object.entries(doc.num_events ?? {})) {
      const stream = this.#streams.get(name);
      const seen = stream === undefined ? 0 : Math.max(stream.last, stream.lastElsewhere);
      if (events !== seen)
        throw damaged("stop", fieldPath("num_events", name), `is ${events}, but there were ${seen}`);
    }
    for (const [index, { produced, stored, lost }] of (doc.ledger?.accounts ?? []).entries())
      if (produced !== stored + lost)
        throw damaged(
          "stop",
          `ledger.accounts[${index}]`,
          `does not add up: ${produced} is not ${stored} + ${lost}`,
        );
    this.#stopped = true;
  }
}

function damaged(name: ReadableName, path: string, problem: string): DaqError {
  return new DaqError(
    "format",
    `The ${name} document is out of place. ${path === "" ? "It" : path} ${problem}.`,
    {
      hint: "The order of documents is in docs/documents.md.",
    },
  );
}

function checkKeys(
  name: ReadableName,
  part: "data" | "timestamps",
  values: { readonly [key: string]: unknown },
  known: EventDescriptor["data_keys"],
  inEvents: ReadonlyMap<string, DataKey>,
): void {
  for (const key of Object.keys(values))
    if (!Object.hasOwn(known, key))
      throw damaged(name, fieldPath(part, key), "is no data key of the descriptor");
  for (const key of inEvents.keys())
    if (!Object.hasOwn(values, key)) throw damaged(name, fieldPath(part, key), "is missing");
}

/** A double holds times of today to 0.24 µs. */
const mostDifferenceNs = 1_000;

function checkTimes(
  name: ReadableName,
  time: number,
  exact: number | bigint | undefined,
  path = "time_ns",
): void {
  if (exact === undefined) return;
  const wholeNs = BigInt(Math.floor(time)) * 1_000_000_000n;
  const differenceNs = Number(BigInt(exact) - wholeNs) - (time - Math.floor(time)) * 1e9;
  if (Math.abs(differenceNs) > mostDifferenceNs)
    throw damaged(name, path, `is ${exact}, which is not the same moment as ${time} s`);
}
