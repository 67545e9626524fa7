import { DaqError } from "../../../model/errors.ts";
import type { ObjectState } from "./file-object.ts";

/** What a file holds at a checkpoint; plain JSON that does not grow with the run. */
export type Hdf5State = {
  readonly version: 1;
  /** Says that the same objects are declared, so that they lie at the same places. */
  readonly layout: number;
  /** Everything behind it came after the checkpoint. */
  readonly endBytes: number;
  /** By the object's path. */
  readonly objects: { readonly [path: string]: ObjectState };
  /** Attributes set since the file was laid out, as encoded messages in base64. */
  readonly attributes: { readonly [path: string]: { readonly [name: string]: string } };
};

/** Throws `DaqError("format")` for what is not a state. */
export function parseHdf5State(path: string, value: unknown): Hdf5State {
  const state = value as Partial<Hdf5State> | null;
  const isState =
    typeof state === "object" &&
    state !== null &&
    state.version === 1 &&
    Number.isSafeInteger(state.layout) &&
    Number.isSafeInteger(state.endBytes) &&
    typeof state.objects === "object" &&
    typeof state.attributes === "object";
  if (isState) return state as Hdf5State;
  throw new DaqError(
    "format",
    `${path} cannot be continued: its checkpoint is not one of this HDF5 writer.`,
    {
      hint: "The journal belongs to another program or version; the file itself stays readable.",
    },
  );
}
