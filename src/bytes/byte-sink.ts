/** Where a writer's bytes go. One writer owns a sink; calls are not concurrent. */
export interface ByteSink {
  /** Where the bytes go, for messages. */
  readonly path: string;
  /** Bytes accepted so far: the offset of the next write. */
  readonly positionBytes: number;
  /** Writes all of it or rejects. `bytes` are borrowed until the promise settles. */
  write(bytes: Uint8Array): Promise<void>;
  /** Writes all pieces in order, in as few system calls as possible, or rejects. Pieces are borrowed likewise. */
  writeAll(pieces: readonly Uint8Array[]): Promise<void>;
  /**
   * Writes the pieces one behind the other from `offsetBytes` on, all or rejects; `positionBytes` stays. Calls for places
   * that do not overlap may be concurrent. Absent where a sink can only be appended to.
   */
  readonly writeAt?: ((offsetBytes: number, pieces: readonly Uint8Array[]) => Promise<void>) | undefined;
  /**
   * Like `writeAt`, for large pieces: resolves when they are copied, and `written` settles when they are in the file. Absent
   * where that gains nothing. Not flushed and not closed before all have settled.
   */
  readonly writeBehind?:
    | ((offsetBytes: number, pieces: readonly Uint8Array[]) => Promise<{ readonly written: Promise<void> }>)
    | undefined;
  /** Sets the length: cuts the tail, or grows with zeros (sparse). The next `write` goes to the new end. */
  truncate(bytes: number): Promise<void>;
  /** Makes everything written so far survive the death of the machine (fsync). */
  flush(): Promise<void>;
  /** Idempotent. Does not flush. */
  close(): Promise<void>;
  /**
   * When it is closed: gives the file another name in the same file system, in place of what has it. Rejects with what the
   * system said. Absent where there is no file.
   */
  readonly renameTo?: ((path: string) => Promise<void>) | undefined;
}

/**
 * Opens the sink for a path. `resumeAtBytes` absent: the file must not exist. Present: the file exists, is cut to that
 * length, and writing goes on there. `inOrder`: there will be no `writeBehind`, so nothing is made ready for it; that is half
 * of what a small file costs. `aside`: writes leave the thread free, which does something else meanwhile.
 */
export type OpenSink = (
  path: string,
  options?: { resumeAtBytes?: number; inOrder?: boolean; aside?: boolean },
) => Promise<ByteSink>;
