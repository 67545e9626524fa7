import { existsSync } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { formatOfPath } from "../../formats/registry.ts";
import { DaqError, systemCode } from "../../model/errors.ts";
import { lossHeader } from "../../recorder/loss-file.ts";
import { journalPath } from "../../recorder/recorder-options.ts";
import { magic } from "../../ring/layout.ts";
import { noSuchFile } from "../near-paths.ts";

export type IdentifiedFile = {
  readonly kind: "data" | "index" | "journal" | "ring";
  /** What to read: the data file of a sidecar, the journal of a run that has no index yet. */
  readonly path: string;
};

const sidecarEnd = "-metadata.json";

/** What a path is. Throws `DaqError("path")` or `("format")` for what is not there or is nothing of ours. */
export async function identifyFile(path: string): Promise<IdentifiedFile> {
  const status = await stat(path).catch(async (error: unknown) => {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return undefined;
    throw new DaqError("path", `${path} cannot be read: ${(error as Error).message}.`, { cause: error });
  });
  if (status === undefined) {
    // The index is written when the run ends; until then the journal stands for it.
    if (path.endsWith(".run.json") && existsSync(journalPath(path)))
      return { kind: "journal", path: journalPath(path) };
    throw await noSuchFile(path);
  }
  if (status.isDirectory()) {
    const folder = path.replace(/\/+$/, "");
    if (folder.toLowerCase().endsWith(".zarr")) return { kind: "data", path: folder };
    throw await isFolder(path);
  }
  if (!status.isFile())
    throw new DaqError("path", `${path} is not a file.`, {
      hint: "Give a data file, a ….run.json, a ….journal.jsonl or a ring.",
    });
  if (path.endsWith(".run.json")) return { kind: "index", path };
  if (path.endsWith(".journal.jsonl")) return { kind: "journal", path };
  if (path.endsWith(sidecarEnd)) return identifyFile(path.slice(0, -sidecarEnd.length));
  if (await startsWith(path, magic)) return { kind: "ring", path };
  if (await startsWith(path, lossHeader))
    throw new DaqError("path", `${path} is not data: it holds the lost ranges of a stream, a row for each.`, {
      hint: "Any CSV reader opens it; `daq inspect` on the run's ….run.json shows the account.",
    });
  await formatOfPath(path);
  return { kind: "data", path };
}

async function isFolder(path: string): Promise<DaqError> {
  const runs = (await readdir(path)).filter((name) => /\.(run\.json|journal\.jsonl)$/.test(name)).sort();
  const shown = runs.slice(-3).map((name) => `${path.replace(/\/$/, "")}/${name}`);
  const hint =
    shown.length === 0 ? "Name a file in it." : `Name a file in it, such as ${shown.join(" or ")}.`;
  return new DaqError("path", `${path} is a folder.`, { hint });
}

async function startsWith(path: string, start: string): Promise<boolean> {
  try {
    await using handle = await open(path, "r");
    const head = Buffer.alloc(start.length);
    await handle.read(head, 0, head.byteLength, 0);
    return head.toString("latin1") === start;
  } catch (error) {
    throw new DaqError("path", `${path} cannot be read: ${(error as Error).message}.`, {
      hint: "Check who may read it.",
      cause: error,
    });
  }
}
