import { DaqError } from "../model/errors.ts";
import { type Event, event } from "./event.ts";
import { type EventDescriptor, eventDescriptor } from "./event-descriptor.ts";
import { type EventPage, eventPage } from "./event-page.ts";
import type { Kind, Problem } from "./kind.ts";
import {
  type BulkDatum,
  type BulkEvents,
  bulkDatum,
  bulkEvents,
  type Datum,
  type DatumPage,
  datum,
  datumPage,
  type Resource,
  resource,
} from "./older-documents.ts";
import type { Fields, RecordKind } from "./record-kind.ts";
import { type RunStart, runStart } from "./run-start.ts";
import { type RunStop, runStop } from "./run-stop.ts";
import { type StreamDatum, streamDatum } from "./stream-datum.ts";
import { type StreamResource, streamResource } from "./stream-resource.ts";

/** The documents that are written today, by the names under which they travel. */
export type Documents = {
  readonly start: RunStart;
  readonly descriptor: EventDescriptor;
  readonly event: Event;
  readonly event_page: EventPage;
  readonly stream_resource: StreamResource;
  readonly stream_datum: StreamDatum;
  readonly stop: RunStop;
};

export type DocumentName = keyof Documents;

/** With those that other programs wrote before; they are read, and passed on as they are. */
export type ReadableDocuments = Documents & {
  readonly resource: Resource;
  readonly datum: Datum;
  readonly datum_page: DatumPage;
  readonly bulk_events: BulkEvents;
  readonly bulk_datum: BulkDatum;
};

export type ReadableName = keyof ReadableDocuments;

/** A document with its name. */
export type NamedDocument = {
  readonly [Name in ReadableName]: { readonly name: Name; readonly doc: ReadableDocuments[Name] };
}[ReadableName];

export const documentKinds: { readonly [Name in DocumentName]: RecordKind<Fields> } = {
  start: runStart,
  descriptor: eventDescriptor,
  event,
  event_page: eventPage,
  stream_resource: streamResource,
  stream_datum: streamDatum,
  stop: runStop,
};

const olderKinds: { readonly [Name in Exclude<ReadableName, DocumentName>]: Kind<unknown> } = {
  resource,
  datum,
  datum_page: datumPage,
  bulk_events: bulkEvents,
  bulk_datum: bulkDatum,
};

const allKinds: { readonly [Name in ReadableName]: Kind<unknown> } = { ...documentKinds, ...olderKinds };

export const documentNames = Object.keys(allKinds) as readonly ReadableName[];

export function isDocumentName(name: unknown): name is ReadableName {
  return typeof name === "string" && Object.hasOwn(allKinds, name);
}

const mostProblems = 10;

/** What is wrong with a document by itself, each with the path of the field; empty when nothing is. */
export function problemsOf(name: ReadableName, doc: unknown): readonly Problem[] {
  const problems: Problem[] = [];
  allKinds[name].check(doc, "", (problem) => {
    if (problems.length < mostProblems) problems.push(problem);
  });
  return problems;
}

/** Checks a document from outside. Throws `DaqError("format")` that names the field. */
export function parseDocument(name: unknown, doc: unknown): NamedDocument {
  if (!isDocumentName(name))
    throw new DaqError("format", `There is no document called ${JSON.stringify(name)}.`, {
      hint: `Documents are called ${documentNames.join(", ")}.`,
    });
  const problems = problemsOf(name, doc);
  if (problems.length > 0) {
    const list = problems.map(
      ({ path, expected, found }) =>
        `${path === "" ? "the document" : path}: expected ${expected}, found ${found}`,
    );
    throw new DaqError("format", `The ${name} document is damaged. ${list.join("; ")}.`, {
      hint: "The fields of each document are in docs/documents.md.",
    });
  }
  return { name, doc } as NamedDocument;
}
