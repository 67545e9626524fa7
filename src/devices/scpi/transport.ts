/** What bytes go through to an instrument and back. */
export interface Transport {
  /** As a person knows it: "192.168.0.20:5025", "/dev/ttyUSB0". */
  readonly place: string;
  /**
   * How answers that come too late are kept from being taken for later ones. A new connection does not have them; a line
   * that stays the same has to be emptied.
   */
  readonly resynchroniseBy: "reconnecting" | "draining";
  /** Resolves when the bytes have left this process. */
  write(bytes: Uint8Array): Promise<void>;
  /** Never rejects. */
  close(): Promise<void>;
}

export type TransportEvents = {
  /** Borrowed for the call. */
  readonly onBytes: (chunk: Uint8Array) => void;
  /** Once, when it ended by itself; not after `close`. */
  readonly onEnd: (cause: unknown) => void;
};

/** Throws `DaqError("device")` when it cannot be opened, and the signal's reason when that aborts. */
export type OpenTransport = (events: TransportEvents, signal: AbortSignal) => Promise<Transport>;
