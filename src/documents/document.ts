import { DaqError } from "../model/errors.ts";
import { type Event, event } from "./event.ts";
import { type EventDescriptor, eventDescriptor } from "./event-descriptor.ts";
import { type EventPage, eventPage } from "./event-page.ts";
import type { Problem } from "./kind.ts";
import type { Fields, RecordKind } from "./record-kind.ts";
import { type RunStart, runStart } from "./run-start.ts";
import { type RunStop, runStop } from "./run-stop.ts";
import { type StreamDatum, streamDatum } from "./stream-datum.ts";
import { type StreamResource, streamResource } from "./stream-resource.ts";

/** The documents by the names under which they travel. */
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

/** A document with its name. */
export type NamedDocument = {
  readonly [Name in DocumentName]: { readonly name: Name; readonly doc: Documents[Name] };
}[DocumentName];

export const documentKinds: { readonly [Name in DocumentName]: RecordKind<Fields> } = {
  start: runStart,
  descriptor: eventDescriptor,
  event,
  event_page: eventPage,
  stream_resource: streamResource,
  stream_datum: streamDatum,
  stop: runStop,
};

export const documentNames = Object.keys(documentKinds) as readonly DocumentName[];

export function isDocumentName(name: unknown): name is DocumentName {
  return typeof name === "string" && Object.hasOwn(documentKinds, name);
}

const mostProblems = 10;

/** What is wrong with a document by itself, each with the path of the field; empty when nothing is. */
export function problemsOf(name: DocumentName, doc: unknown): readonly Problem[] {
  const problems: Problem[] = [];
  documentKinds[name].check(doc, "", (problem) => {
    if (problems.length < mostProblems) problems.push(problem);
  });
  return problems;
}

/** Names of the event model's older forms, with what has taken their place. */
const olderNames: ReadonlyMap<unknown, string> = new Map([
  ["resource", "stream_resource"],
  ["datum", "stream_datum"],
  ["datum_page", "stream_datum"],
  ["bulk_events", "event_page"],
  ["bulk_datum", "stream_datum"],
]);

/** Checks a document from outside. Throws `DaqError("format")` that names the field. */
export function parseDocument(name: unknown, doc: unknown): NamedDocument {
  const now = olderNames.get(name);
  if (now !== undefined)
    throw new DaqError("format", `A ${name} document is of an older form of the event model.`, {
      hint: `${now} has taken its place. Leave it out to read what is in the events; the values that it points to are in files of their own.`,
    });
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
