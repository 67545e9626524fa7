import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { markdownFiles, root } from "./markdown.ts";

type Link = { readonly file: string; readonly target: string };

/** Links that lead to a file of the project, outside of code. */
function linksIn(file: string): Link[] {
  const text = readFileSync(join(root, file), "utf8")
    .replaceAll(/^(\s*)```[\s\S]*?^\1```$/gm, "")
    .replaceAll(/`[^`\n]*`(?!\])/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => ({ file, target: target! }))
    .filter(({ target }) => !/^[a-z]+:/.test(target));
}

/** The names under which GitHub makes headings reachable. */
function anchorsOf(path: string): Set<string> {
  const headings = readFileSync(path, "utf8").matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

function isBroken({ file, target }: Link): boolean {
  const [path = "", anchor] = target.split("#");
  const found = path === "" ? join(root, file) : resolve(root, dirname(file), path);
  if (!existsSync(found)) return true;
  return anchor !== undefined && found.endsWith(".md") && !anchorsOf(found).has(anchor);
}

test("every link from a document to a file or heading of this project leads somewhere", () => {
  const links = markdownFiles().flatMap(linksIn);
  assert.ok(links.length > 20, `only ${links.length} links were found`);
  assert.deepEqual(links.filter(isBroken), []);
});
