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
  // Keys of Amazon have slashes in them, too.
  if (isStoreUrl(text) && /^[^:]+:\/+([^/]*:.*@|[^/]*@)/s.test(text))
    throw wrongTarget(
      text,
      "credentials do not belong into a URL; set them where the store's own tools look for them (docs/cloud.md)",
    );
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
  return new DaqError("usage", `The target ${JSON.stringify(withoutSecrets(text))}: ${problem}.`, {
    hint: "For example s3://bucket/folder, gs://bucket, az://…, or a folder on this machine.",
  });
}

/** A URL with a password or a signature in it, as people paste them: messages end in logs. */
function withoutSecrets(text: string): string {
  if (!isStoreUrl(text)) return text;
  return text.replace(/(?<=:\/+).*@/s, "…@").replace(/[?#].*$/s, "?…");
}

/** Opens the store that a normal target stands for. */
export async function openTarget(target: string): Promise<Store> {
  // The upload tries again by itself, without end while a run goes on, and says meanwhile what the trouble is.
  return openStore(target, { durability: "power", retries: { tries: 2 } });
}
