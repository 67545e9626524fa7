/** Reading Arrow IPC files. They are written by `loadFormat("arrow")`, or by a recorder. */
export { type ArrowBatch, ArrowReader } from "./read.ts";
