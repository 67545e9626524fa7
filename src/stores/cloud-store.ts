import type { Checksum, StoredObject } from "./contract.ts";

export type ListPage = {
  readonly objects: readonly StoredObject[];
  /** Where the next page begins, in the vendor's words; undefined behind the last. */
  readonly next: string | undefined;
};

/** One object that arrives in parts. */
export interface PartUpload {
  /** `number` counts from 1. The same part may be put again: the last one counts. */
  putPart(number: number, bytes: Uint8Array): Promise<void>;
  /** Makes the object visible: all parts, in the order of their numbers. */
  complete(): Promise<void>;
  /** Takes back what was stored. */
  abort(): Promise<void>;
}

/**
 * One attempt at each thing that a cloud does; fails with a `StoreError`. A part of `stores/` implements this; retries,
 * limits and writing in parts are added around it, the same for all.
 */
export interface CloudStore {
  readonly url: string;
  /** Parts of one object may be put at once; else in their order, each after the one before. */
  readonly partsAtOnce: boolean;
  put(key: string, pieces: readonly Uint8Array[]): Promise<void>;
  /** `token` is kept with the object: after a lost answer it tells whose object is there. */
  putIfAbsent(key: string, pieces: readonly Uint8Array[], token: string): Promise<boolean>;
  tokenOf(key: string): Promise<string | undefined>;
  get(key: string): Promise<Uint8Array | undefined>;
  getRange(key: string, offsetBytes: number, length: number): Promise<Uint8Array | undefined>;
  stat(key: string): Promise<StoredObject | undefined>;
  listPage(prefix: string, from: string | undefined): Promise<ListPage>;
  delete(key: string): Promise<void>;
  checksum(key: string): Promise<Checksum | undefined>;
  beginParts(key: string, token: string): Promise<PartUpload>;
  close(): Promise<void>;
}
