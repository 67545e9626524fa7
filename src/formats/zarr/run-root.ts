import { readdir, stat } from "node:fs/promises";
import { DaqError, systemCode } from "../../model/errors.ts";
import { LocalStore } from "../../stores/local/local-store.ts";
import { readNode, type ZarrNode } from "./hierarchy/read-node.ts";
import { type RunRecord, runRecordOf } from "./run-attributes.ts";

export type RunRoot = {
  readonly store: LocalStore;
  readonly node: ZarrNode;
  /** Undefined where another program wrote it. */
  readonly record: RunRecord | undefined;
};

/** Throws `DaqError("path")` where there is no such folder, `DaqError("format")` where it is not Zarr. */
export async function readRunRoot(path: string): Promise<RunRoot> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new DaqError(
      "path",
      systemCode(cause) === "ENOENT" ? `${path}: no such folder.` : `${path} cannot be read: ${cause}`,
      { hint: "Check the path.", cause },
    );
  });
  if (!found.isDirectory())
    throw new DaqError("format", `${path} is a file; a Zarr hierarchy is a folder.`, {
      hint: "Check that this is what you mean. Zarr in a ZIP file is not read here: unpack it.",
    });
  const store = new LocalStore(path);
  const node = await readNode(store, "");
  if (node === undefined)
    throw new DaqError(
      "format",
      `${path} is not a Zarr hierarchy: it has neither zarr.json nor .zgroup nor .zarray.`,
      {
        hint: await hintFor(path),
      },
    );
  return { store, node, record: node.kind === "group" ? runRecordOf(node.attributes) : undefined };
}

async function hintFor(path: string): Promise<string> {
  const names = await readdir(path);
  return names.length === 0
    ? "The folder is empty."
    : "Check that this is the folder you mean, and not one above it.";
}
