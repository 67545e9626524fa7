/** What a run says of itself: the documents of the Bluesky event model, composed and checked. */
export { type ComposedDescriptor, composeEventPage, timeKeyOf } from "./compose-event.ts";
export { type ComposedRun, composeRun, type DescribedDevice, type RunToCompose } from "./compose-run.ts";
export type { DataKey } from "./data-key.ts";
export { describeDocuments } from "./describe-documents.ts";
export {
  type DocumentName,
  type Documents,
  documentNames,
  isDocumentName,
  type NamedDocument,
  parseDocument,
  problemsOf,
  type ReadableDocuments,
  type ReadableName,
} from "./document.ts";
export { DocumentOrder } from "./document-order.ts";
export type { Event } from "./event.ts";
export type { EventDescriptor } from "./event-descriptor.ts";
export type { EventPage } from "./event-page.ts";
export type { RunStart } from "./run-start.ts";
export type { ExitStatus, RunStop } from "./run-stop.ts";
export type { StreamDatum } from "./stream-datum.ts";
export type { StreamResource } from "./stream-resource.ts";
