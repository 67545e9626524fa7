/** An object as the store knows it. */
export type StoredObject = {
  /** Relative to the store's root, parts joined by "/"; never starts or ends with "/", never has "." or ".." as a part. */
  readonly key: string;
  readonly bytes: number;
};

/** A checksum of an object's content. `crc32c` and `md5` are what the clouds keep beside an object; hexadecimal, big endian. */
export type Checksum = { readonly algorithm: "crc32c" | "md5"; readonly hex: string };

/** Bytes of one object, written in order; nothing of it is visible under its key before `complete`. */
export interface MultipartWrite {
  /** Resolves when the bytes are the writer's; they are *borrowed* until then. Waits while too much is under way. */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes the object visible, whole, in place of any older one. Rejects when a part was not stored. */
  complete(): Promise<StoredObject>;
  /** Takes back what was stored so far. Idempotent; nothing to do after `complete`. */
  abort(): Promise<void>;
}

/**
 * Where named objects go: a folder, a bucket. An object is whole under its key or not there at all, also after a crash.
 * Errors are `DaqError`s that name the store, the key and the cause. Calls may be concurrent.
 */
export interface Store {
  /** For messages: the folder's path, `s3://bucket/prefix`. Never has credentials in it. */
  readonly url: string;
  /** Writes the pieces, one behind the other, as one object; replaces an older one. Pieces are *borrowed*. */
  put(key: string, pieces: readonly Uint8Array[]): Promise<void>;
  /** False, and nothing written, where the key exists already. Of several callers at once exactly one gets true. */
  putIfAbsent(key: string, pieces: readonly Uint8Array[]): Promise<boolean>;
  /** Undefined where there is no such object. The result is the caller's. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** At most `length` bytes from `offsetBytes` on (fewer at the end); a negative offset counts from the end. */
  getRange(key: string, offsetBytes: number, length: number): Promise<Uint8Array | undefined>;
  /** Undefined where there is no such object. */
  stat(key: string): Promise<StoredObject | undefined>;
  /** All objects whose key starts with `prefix` ("" is all), in the order of their keys where the store has one. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Nothing to do where the key does not exist. */
  delete(key: string): Promise<void>;
  /** For an object too large for memory. */
  beginMultipart(key: string): Promise<MultipartWrite>;
  /**
   * What the store itself computed over the object's content, to prove that it arrived; undefined where it has none for
   * that object. Absent where the store computes none: then the object is read back.
   */
  checksum?(key: string): Promise<Checksum | undefined>;
  /** Lets go of connections. Idempotent. */
  close(): Promise<void>;
}
