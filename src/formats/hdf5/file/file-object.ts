import type { ReadAt } from "./file-context.ts";
import type { HeaderMessage } from "./header-chunk.ts";
import type { ObjectHeader } from "./object-header.ts";

/** Plain JSON. */
export type ObjectState = { readonly [key: string]: unknown };

/** A state that was read from the file; nothing that belongs to it lies at or behind `endBytes`. */
export type LocatedState = { readonly state: ObjectState; readonly endBytes: number };

/** Whatever a link can lead to. */
export interface FileObject {
  readonly header: ObjectHeader;
  /** Takes the places that its header refers to from the start: the same ones for the same declarations. */
  layOut?(): void;
  /** Takes the places that what came since the last checkpoint needs, before anything is written. */
  prepare?(): void;
  /** Writes what its header will lead to, and no reader comes across yet. */
  write?(): Promise<void>;
  /** Lets what was written be found, by readers of the next header. */
  connect?(): Promise<void>;
  /** Last touches, when everything else is in the file that is being closed. */
  finish?(): Promise<void>;
  state?(): ObjectState;
  /** Reads back what belongs to a state, and throws `DaqError("format")` when it is not there. Writes nothing. */
  restore?(state: ObjectState, read: ReadAt): Promise<void>;
  /** The state that its header in the file leads to, where none was kept. Writes nothing. */
  locate?(found: readonly HeaderMessage[], read: ReadAt): Promise<LocatedState>;
  /** Takes everything out of the file that came after the restored state. */
  rewind?(): Promise<void>;
}
