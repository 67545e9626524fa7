import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A stream's group; its own parts and the ledger's are no streams. */
function isStreamGroup(folder: string, name: string): boolean {
  if (name.startsWith(".") || name === "losses" || name.startsWith("level_")) return false;
  if (existsSync(join(folder, name, ".zgroup"))) return true;
  const metadata = join(folder, name, "zarr.json");
  if (!existsSync(metadata)) return false;
  const node: unknown = JSON.parse(readFileSync(metadata, "utf8"));
  return (node as { node_type?: unknown } | null)?.node_type === "group";
}

/** The groups that hold the streams of a run; none where the only stream lies at the root, or nothing can be read. */
function streamGroups(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && isStreamGroup(folder, entry.name))
      .map(({ name }) => name)
      .sort();
  } catch {
    return []; // The line for the root is what remains to be said.
  }
}

/** `nameOf` makes a group's name one that Python takes. */
export function zarrLines(folder: string, nameOf: (group: string) => string): string[] {
  const opened = JSON.stringify(folder);
  const needs = existsSync(join(folder, "zarr.json")) ? "  # zarr-python 3; before it: zarr_format = 2" : "";
  const groups = streamGroups(folder);
  if (groups.length === 0) return [`dataset = xr.open_zarr(${opened})${needs}`];
  return groups.map(
    (group) => `${nameOf(group)}_zarr = xr.open_zarr(${opened}, group=${JSON.stringify(group)})${needs}`,
  );
}
