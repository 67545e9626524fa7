import { resolve } from "node:path";
import { outputUrlOf, outputUrlProblem } from "../config/output-url.ts";
import { DaqError } from "../model/errors.ts";
import type { Store } from "../stores/contract.ts";
import { openStore } from "../stores/open-store.ts";
import { isStoreUrl, parseStoreUrl } from "../stores/store-url.ts";

/**
 * A target as a command line names it, in the one spelling that journals have: a URL without a slash at its end, or a
 * folder's whole path. Throws `DaqError("usage")` for what is neither.
 */
export function normalTarget(text: string): string {
  if (text === "") throw wrongTarget(text, "expected the URL of a store, or a folder");
  if (isStoreUrl(text) && outputUrlOf(text) !== undefined) {
    // The check is of templates, which end in a file's name: any name will do.
    const url = text.replace(/(?<=[^/:])\/+$/, "");
    const problem = outputUrlProblem(outputUrlOf(url)?.bucket === "" ? url : `${url}/name`);
    if (problem !== undefined) throw wrongTarget(text, problem);
    parseStoreUrl(url);
    return url;
  }
  const problem = outputUrlProblem(text);
  if (problem !== undefined) throw wrongTarget(text, problem);
  return resolve(text);
}

function wrongTarget(text: string, problem: string): DaqError {
  return new DaqError("usage", `The target ${JSON.stringify(text)}: ${problem}.`, {
    hint: "For example s3://bucket/folder, gs://bucket, az://…, or a folder on this machine.",
  });
}

/** Opens the store that a normal target stands for. */
export async function openTarget(target: string): Promise<Store> {
  // The upload tries again by itself, without end while a run goes on, and says meanwhile what the trouble is.
  return openStore(target, { durability: "power", retries: { tries: 2 } });
}
