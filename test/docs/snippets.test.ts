import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { loadConfig } from "../../src/config/load-config.ts";
import { ScriptEngine } from "../../src/script/index.ts";
import { markdownFiles, root, type Snippet, snippetsIn } from "./markdown.ts";
import { type Ended, Workspace } from "./workspace.ts";

const documents = markdownFiles().filter((file) => file === "README.md" || file.startsWith("docs/"));
const run = promisify(execFile);
const python = process.env.PYTHON ?? "python3";

/** Why Python snippets cannot run here; undefined when they can. */
async function pythonIsMissing(): Promise<string | undefined> {
  try {
    await run(python, ["-c", "import pyarrow, pandas"]);
    return undefined;
  } catch {
    return `${python} with pyarrow and pandas is not here (PYTHON names another one)`;
  }
}

const missing = await pythonIsMissing();

function expectExit({ code, output }: Ended, snippet: Snippet): void {
  assert.equal(code, snippet.how.exitCode, `${snippet.file}:${snippet.line}\n${snippet.code}\n${output}`);
}

function callsDaq(code: string): boolean {
  return /^(?:\w+=\S+ )*daq /m.test(code);
}

async function reasonToSkip({ how, language, code }: Snippet, place: Workspace): Promise<string | undefined> {
  if (how.skip !== undefined) return how.skip;
  if (language === "python") return missing;
  if (language === "sh" && !callsDaq(code)) return "no daq command in it";
  if (how.needs === undefined) return undefined;
  const { code: found } = await place.shell(`command -v ${how.needs}`).ended;
  return found === 0 ? undefined : `${how.needs} is not installed`;
}

async function runShell(snippet: Snippet, place: Workspace): Promise<void> {
  const { how, code } = snippet;
  if (how.interrupt) return expectExit(await place.interrupted(code.trim()), snippet);
  if (how.killed !== undefined) await place.killed(how.killed);
  const beside = how.beside === undefined ? undefined : place.command(how.beside);
  await beside?.says("Recording to");
  expectExit(await place.shell(code).ended, snippet);
  if (beside !== undefined) assert.equal((await beside.ended).code, 0);
}

const kinds: Record<string, (snippet: Snippet, place: Workspace) => Promise<void>> = {
  sh: runShell,
  toml: async ({ code, file, line }) => {
    const { config } = await loadConfig({ text: code, path: `${file}:${line}`, env: {}, flags: {} });
    assert.ok(config.storage.formats.length > 0);
  },
  json: async ({ code }) => {
    JSON.parse(code);
  },
  ts: async (snippet, place) => {
    const path = place.write(`line-${snippet.line}.ts`, snippet.code);
    expectExit(await place.start(process.execPath, ["--conditions=daq-source", path]).ended, snippet);
  },
  python: async (snippet, place) =>
    expectExit(await place.start(python, ["-c", snippet.code]).ended, snippet),
  rhai: async ({ code, file, line }, place) => {
    const printed: string[] = [];
    const engine = new ScriptEngine({ moduleFolder: place.folder, print: (text) => printed.push(text) });
    await engine.run(code);
    const promised = [...code.matchAll(/\/\/ prints (.*)$/gm)].map(([, text]) => text!.trim());
    assert.deepEqual(printed.join(", "), promised.join(", "), `${file}:${line}`);
  },
  text: async () => {},
  "": async () => {},
};

describe("what the documents show works as it stands", { concurrency: 3 }, () => {
  for (const file of documents) {
    const snippets = snippetsIn(file).filter(({ language }) => language !== "" && language !== "text");
    if (snippets.length === 0) continue;
    test(file, { concurrency: 1 }, async (t) => {
      const place = new Workspace();
      try {
        for (const snippet of snippets) {
          const { language, line, how, code } = snippet;
          if (how.file !== undefined) place.write(how.file, code);
          const check = kinds[language];
          assert.ok(check, `${file}:${line}: no test knows how to check a block of ${language}`);
          const skip = await reasonToSkip(snippet, place);
          await t.test(`${language}, line ${line}`, { skip: skip ?? false }, () => check(snippet, place));
        }
      } finally {
        place.remove();
      }
    });
  }
});

test("the TypeScript in the documents has no type errors", async () => {
  const snippets = documents.flatMap(snippetsIn).filter(({ language }) => language === "ts");
  assert.ok(snippets.length > 0);
  const place = new Workspace();
  try {
    for (const { file, line, code } of snippets)
      place.write(`${file.replaceAll("/", "-")}-line-${line}.ts`, code);
    const compilerOptions = { noUnusedLocals: false, typeRoots: [join(root, "node_modules/@types")] };
    place.write(
      "tsconfig.json",
      JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, include: ["*.ts"] }),
    );
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const { output } = await place.start(process.execPath, [
      compiler,
      "-p",
      "tsconfig.json",
      "--pretty",
      "false",
    ]).ended;
    // Errors in the sources themselves are the business of `npm run types`.
    const own = output.split("\n").filter((line) => /^([\w.-]+\.ts\(|error)/.test(line));
    assert.deepEqual(own, []);
  } finally {
    place.remove();
  }
});

test("every npm script that a document names exists", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const named = markdownFiles().flatMap((file) => {
    const text = readFileSync(join(root, file), "utf8");
    return [...text.matchAll(/\bnpm (?:run ([\w:]+)|(start|test)\b)/g)].map(([, script, usual]) => ({
      file,
      script: script ?? usual!,
    }));
  });
  assert.ok(named.length > 0);
  assert.deepEqual(
    named.filter(({ script }) => scripts[script] === undefined),
    [],
  );
});
