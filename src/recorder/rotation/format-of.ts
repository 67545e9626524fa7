import type { Format } from "../../formats/contract.ts";
import { loadFormat } from "../../formats/registry.ts";
import type { OutputOptions } from "../recorder-options.ts";
import { rotatingFormat } from "./rotating-format.ts";

/** The format of an output, in parts where it has them. */
export async function formatOf({ format, rotate }: OutputOptions): Promise<Format> {
  const loaded = await loadFormat(format);
  return rotate === undefined ? loaded : rotatingFormat(loaded, rotate);
}
