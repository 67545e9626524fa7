import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { DaqError } from "../model/errors.ts";

/** What a plan itself threw, with its line; any other error is given back as it is. `path`: of the file of the plan. */
export function planError(error: unknown, path: string): unknown {
  if (error instanceof DaqError || !(error instanceof Error)) return error;
  const url = pathToFileURL(resolve(path)).href;
  const at = error.stack?.indexOf(`${url}:`) ?? -1;
  if (at < 0) return error;
  const line = /^\d+/.exec(error.stack!.slice(at + url.length + 1))?.[0];
  return new DaqError("script", `${path}:${line}: ${error.message || error.name}`, {
    hint: "That is an error of the plan, or of what it uses.",
    cause: error,
  });
}
