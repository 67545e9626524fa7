import type { Kernels } from "../../kernels/kernels.ts";

/**
 * The memory that the codecs of one thread work in. Addresses are offsets in `bytes`, which is all of a WebAssembly
 * memory that may be shared with other threads: a codec touches only the areas that it was given.
 */
export type CodecMemory = {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly kernels: Kernels;
  /** Scratch of the kernels, `scratchBytes` long, of this thread alone. */
  readonly scratch: number;
};

/** Areas of a call: `length` bytes are read from `source`, at most `capacity` written from `target`; none overlap. */
export type CodecAreas = {
  readonly source: number;
  readonly length: number;
  readonly target: number;
  readonly capacity: number;
  /** As many bytes as `workBytes` says, with anything in them. */
  readonly work: number;
};

/** How one step is done and undone. Calls are synchronous and keep nothing between them. */
export interface Codec<Step> {
  /** Throws `DaqError("format")` for a step with settings that the codec does not have. */
  check?(step: Step): void;
  /** Most bytes that `encode` makes of `length` bytes: the capacity that it is given. */
  maxEncodedBytes(step: Step, length: number): number;
  /** Working memory for a call with `length` decoded bytes; absent: none. */
  workBytes?(step: Step, length: number, direction: "encode" | "decode"): number;
  /** Returns the encoded bytes. */
  encode(step: Step, memory: CodecMemory, areas: CodecAreas): number;
  /** Returns the decoded bytes. Throws `DaqError("format")` when the source is damaged or does not fit. */
  decode(step: Step, memory: CodecMemory, areas: CodecAreas): number;
}
