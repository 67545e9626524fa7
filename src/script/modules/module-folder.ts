import { readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { ScriptError } from "../errors/script-error.ts";
import { SourceText } from "../errors/source-text.ts";

const largestFile = 4 * 1024 * 1024;

/** The scripts that `import` can reach: those of one folder and its sub-folders, whatever their links say. */
export class ModuleFolder {
  readonly #root: string;

  constructor(folder: string) {
    this.#root = realpathSync(folder);
  }

  /** The file's true path, which names the module, and its text. `.rhai` is added where the path has no ending. */
  read(path: string): { readonly id: string; readonly source: SourceText } {
    const named = resolve(this.#root, path.endsWith(".rhai") ? path : `${path}.rhai`);
    // Asked before the file system is: what lies outside is not even looked up.
    if (isAbsolute(path) || path.includes("\0") || !this.#contains(named)) throw this.#outside(path);
    let id: string;
    try {
      id = realpathSync(named);
    } catch (cause) {
      throw notFound(path, `there is no ${relative(this.#root, named)} in the folder of modules`, cause);
    }
    if (!this.#contains(id)) throw this.#outside(path);
    const status = statSync(id);
    if (!status.isFile()) throw notFound(path, "it is not a file");
    if (status.size > largestFile) throw notFound(path, `it is larger than ${largestFile} bytes`);
    return { id, source: new SourceText(readFileSync(id, "utf8"), relative(this.#root, id)) };
  }

  #contains(path: string): boolean {
    const inside = relative(this.#root, path);
    return inside !== "" && inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
  }

  #outside(path: string): ScriptError {
    return notFound(path, "it leads out of the folder of modules");
  }
}

function notFound(path: string, why: string, cause?: unknown): ScriptError {
  return new ScriptError("ErrorModuleNotFound", `Module not found: ${path} (${why})`, {
    details: { module: path },
    hint: "Imports name a file of the folder of modules, without `.rhai`.",
    ...(cause === undefined ? {} : { cause }),
  });
}
