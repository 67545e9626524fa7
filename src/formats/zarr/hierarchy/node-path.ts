import { DaqError } from "../../../model/errors.ts";

/** Room for the chunk's numbers behind the name, and for what a store adds to a name while it writes. */
const maxNameBytes = 200;
const maxPathBytes = 800;

function refuse(path: string, why: string): DaqError {
  const shown = JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
  return new DaqError("path", `${shown} cannot be the name of an array or a group: ${why}.`, {
    hint: 'Give names joined by "/", such as "camera/frames", of letters, digits, "_", "-" and "." within them.',
  });
}

function problemOf(name: string): string | undefined {
  if (name === "") return "a name in it is empty";
  if (name === "." || name === "..") return `"${name}" would leave its place`;
  // Metadata documents of version 2 begin so, and so do files that are not finished.
  if (name.startsWith(".")) return `"${name}" starts with "."`;
  if (name.startsWith("__")) return `names that start with "__" are reserved by the format`;
  if (name === "zarr.json") return `"zarr.json" is the name of the metadata`;
  for (const character of name)
    if (character < " " || character === "\u007f" || character === "\\")
      return "it has a control character or a backslash in it";
  if (!name.isWellFormed()) return "it has half a character in it (a lone surrogate)";
  if (Buffer.byteLength(name) > maxNameBytes) return `a name in it has more than ${maxNameBytes} bytes`;
  return undefined;
}

/** Throws `DaqError("path")` for a path that is not names joined by "/", or that would leave the store. */
export function checkNodePath(path: string): void {
  if (typeof path !== "string") throw refuse(String(path), "it is not text");
  if (path === "") throw refuse(path, "it is empty");
  for (const name of path.split("/")) {
    const problem = problemOf(name);
    if (problem !== undefined) throw refuse(path, problem);
  }
  if (Buffer.byteLength(path) > maxPathBytes) throw refuse(path, `it has more than ${maxPathBytes} bytes`);
}

/** The key of something that belongs to a node; "" is the root. */
export function keyIn(path: string, name: string): string {
  return path === "" ? name : `${path}/${name}`;
}

/** "a/b/c" → "a", "a/b"; the root is not among them. */
export function parentsOf(path: string): readonly string[] {
  const names = path.split("/");
  return names.slice(1).map((_name, index) => names.slice(0, index + 1).join("/"));
}
