import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

/** A fenced block of a document, and what the comment before it says about running it. */
export type Snippet = {
  /** Relative to the checkout. */
  readonly file: string;
  readonly line: number;
  readonly language: string;
  readonly code: string;
  readonly how: HowToRun;
};

/**
 * From a comment `<!-- run: … -->` on the line before the block; parts are separated by semicolons:
 *
 * | part | meaning |
 * |---|---|
 * | `no, REASON` | it is not run (TypeScript: only type-checked) |
 * | `file NAME` | it is also written to this file of the document's folder, for the blocks after it |
 * | `needs PROGRAM` | it is skipped where this program is not installed |
 * | `exit N` | the exit code to expect, instead of 0 |
 * | `Ctrl-C` | one `daq record`, which gets SIGINT when it has recorded for a moment |
 * | `while COMMAND` | `daq record …` records meanwhile |
 * | `after kill -9 of COMMAND` | `daq record …` or `daq run …` and its recorder were killed before |
 */
export type HowToRun = {
  readonly skip?: string;
  readonly file?: string;
  readonly needs?: string;
  readonly exitCode: number;
  readonly interrupt: boolean;
  readonly beside?: string;
  readonly killed?: string;
};

function parseHow(text: string, where: string): HowToRun {
  let how: HowToRun = { exitCode: 0, interrupt: false };
  for (const part of text.split(";").map((piece) => piece.trim())) {
    const [, word, rest = ""] =
      /^(no,|file|needs|exit|Ctrl-C|while|after kill -9 of)\s*(.*)$/.exec(part) ?? [];
    if (word === "no," && rest !== "") how = { ...how, skip: rest };
    else if (word === "file" && /^[\w.-]+$/.test(rest)) how = { ...how, file: rest };
    else if (word === "needs" && /^[\w.-]+$/.test(rest)) how = { ...how, needs: rest };
    else if (word === "exit" && /^\d+$/.test(rest)) how = { ...how, exitCode: Number(rest) };
    else if (word === "Ctrl-C" && rest === "") how = { ...how, interrupt: true };
    else if (word === "while" && rest.startsWith("daq record ")) how = { ...how, beside: rest };
    else if (word === "after kill -9 of" && /^daq (record|run) /.test(rest)) how = { ...how, killed: rest };
    else throw new Error(`${where}: "${part}" is not a way to run a snippet.`);
  }
  return how;
}

/** All Markdown files of the project, relative to the checkout. */
export function markdownFiles(): string[] {
  const ignored = new Set(["node_modules", ".git", ".peers", "dist", "data"]);
  const walk = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return ignored.has(entry.name) ? [] : walk(path);
      return entry.name.endsWith(".md") ? [relative(root, path)] : [];
    });
  return walk(root).sort();
}

export function snippetsIn(file: string): Snippet[] {
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  const snippets: Snippet[] = [];
  let how = "";
  for (let at = 0; at < lines.length; at++) {
    const comment = /^\s*<!-- run: (.*) -->$/.exec(lines[at]!);
    if (comment !== null) {
      how = comment[1]!;
      continue;
    }
    const fence = /^(\s*)```(\S*)\s*$/.exec(lines[at]!);
    if (fence === null) {
      if (lines[at]!.trim() !== "") how = "";
      continue;
    }
    const [, indent, language] = fence;
    const end = lines.findIndex((line, index) => index > at && line === `${indent}\`\`\``);
    if (end < 0) throw new Error(`${file}:${at + 1}: the block has no end.`);
    const code = lines.slice(at + 1, end).map((line) => line.slice(indent!.length));
    const line = at + 1;
    const run = how === "" ? { exitCode: 0, interrupt: false } : parseHow(how, `${file}:${line}`);
    snippets.push({ file, line, language: language!, code: `${code.join("\n")}\n`, how: run });
    how = "";
    at = end;
  }
  return snippets;
}
