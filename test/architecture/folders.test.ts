import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";

/** What each folder of `src/` may import, as in ARCHITECTURE.md. Changing the architecture is a line here and there. */
const mayImport: Record<string, readonly string[]> = {
  model: [],
  toml: ["model"],
  kernels: [],
  bytes: ["model", "kernels"],
  ring: ["model"],
  stores: ["model", "bytes"],
  upload: ["model", "bytes", "stores"],
  formats: ["model", "bytes", "stores", "documents"],
  devices: ["model", "toml"],
  config: ["model", "toml", "stores", "formats", "devices"],
  recorder: ["model", "bytes", "ring", "formats"],
  run: ["model", "toml", "config", "devices", "ring", "recorder", "formats", "stores", "upload"],
  convert: ["model", "bytes", "formats", "recorder"],
  query: ["model", "toml", "formats"],
  documents: ["model"],
  engine: ["model", "documents", "devices"],
  experiment: [
    "model",
    "bytes",
    "config",
    "devices",
    "documents",
    "formats",
    "engine",
    "ring",
    "recorder",
    "run",
  ],
  script: ["model", "devices", "engine"],
  cli: [
    "model",
    "toml",
    "bytes",
    "config",
    "convert",
    "devices",
    "formats",
    "query",
    "ring",
    "recorder",
    "run",
    "stores",
    "upload",
    "documents",
    "engine",
    "experiment",
    "script",
  ],
  testing: ["model", "bytes", "ring", "formats", "devices", "stores", "documents", "engine"],
};

/** Parts of these folders stand beside each other and never import one another; what they share lies beside them. */
const withParts: Record<string, readonly string[]> = {
  formats: ["arrow", "csv", "hdf5", "zarr", "parquet", "jsonl"],
  stores: ["local", "s3", "azure", "gcs"],
  devices: ["sim", "command", "tcp", "scpi", "comedi"],
};

/** The model knows no operating system, and no runtime library. */
const withoutNode = ["model"];

const root = resolve(import.meta.dirname, "../../src");

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sources(path) : path.endsWith(".ts") ? [path] : [];
  });
}

/** AssemblyScript's compiler adds the ending itself. */
function isAssembly(path: string): boolean {
  return path.includes("/kernels/assembly/");
}

function importsOf(path: string): string[] {
  const text = readFileSync(path, "utf8");
  const found = text.matchAll(
    /^\s*(?:import|export)\b[^;"]*?\bfrom\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|^import\s*"([^"]+)"/gm,
  );
  return [...found].map((match) => match[1] ?? match[2] ?? match[3]!);
}

const files = sources(root).filter((path) => !path.endsWith(".test.ts"));
const edges = new Map(
  files.map((path) => [
    path,
    importsOf(path)
      .filter((name) => name.startsWith("."))
      .map((name) => resolve(dirname(path), isAssembly(path) ? `${name}.ts` : name)),
  ]),
);

function folderOf(path: string): string {
  return relative(root, path).split("/")[0]!;
}

test("every folder of src is in the table, and every line of the table is a folder", () => {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(folders.map((entry) => entry.name).sort(), Object.keys(mayImport).sort());
});

test("folders import only what the table allows", () => {
  const broken = [...edges].flatMap(([path, targets]) => {
    const from = folderOf(path);
    if (from.endsWith(".ts")) return []; // The door: src/index.ts and its like.
    return targets
      .filter((target) => folderOf(target) !== from && !mayImport[from]!.includes(folderOf(target)))
      .map((target) => `${relative(root, path)} imports ${relative(root, target)}`);
  });
  assert.deepEqual(broken, []);
});

test("formats and drivers never import one another", () => {
  const broken = [...edges].flatMap(([path, targets]) => {
    const [folder, part] = relative(root, path).split("/");
    const parts = withParts[folder!];
    if (parts === undefined || !parts.includes(part!)) return [];
    return targets
      .map((target) => relative(root, target).split("/"))
      .filter(([other, otherPart]) => other === folder && otherPart !== part && parts.includes(otherPart!))
      .map((target) => `${relative(root, path)} imports ${target.join("/")}`);
  });
  assert.deepEqual(broken, []);
});

test("there are no import cycles, types included", () => {
  const state = new Map<string, "open" | "done">();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      cycles.push(
        [...trail.slice(trail.indexOf(path)), path].map((file) => relative(root, file)).join(" → "),
      );
      return;
    }
    state.set(path, "open");
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
    state.set(path, "done");
  };
  for (const path of files) visit(path, []);
  assert.deepEqual(cycles, []);
});

test("imports name files that exist, with their ending", () => {
  const known = new Set(files);
  const broken = [...edges].flatMap(([path, targets]) =>
    targets
      .filter((target) => !known.has(target))
      .map((target) => `${relative(root, path)} imports ${relative(root, target)}`),
  );
  assert.deepEqual(broken, []);
});

test("the model imports nothing of Node and no library", () => {
  const broken = files
    .filter((path) => withoutNode.includes(folderOf(path)))
    .flatMap((path) =>
      importsOf(path)
        .filter((name) => !name.startsWith("."))
        .map((name) => `${relative(root, path)} imports ${name}`),
    );
  assert.deepEqual(broken, []);
});

test("no file imports its own folder's door", () => {
  const broken = [...edges].flatMap(([path, targets]) =>
    targets
      .filter((target) => target === join(dirname(path), "index.ts") && target !== path)
      .map(() => relative(root, path)),
  );
  assert.deepEqual(broken, []);
});

test("no folder or file is called utils, helpers, misc or common", () => {
  const broken = files
    .map((path) => relative(root, path))
    .filter((path) => /(^|\/)(utils?|helpers?|misc|common)(\/|\.ts|-)/.test(path));
  assert.deepEqual(broken, []);
});

test("the table in ARCHITECTURE.md says the same", () => {
  const text = readFileSync(resolve(root, "../ARCHITECTURE.md"), "utf8");
  const [, table = ""] = text.split("| folder | what lives there | may import |\n");
  const rows = table.slice(0, table.indexOf("\n\n")).matchAll(/^\| `(\w+)` \|.*\| ([^|]+) \|$/gm);
  const written = [...rows].map(([, folder, names]) => [
    folder,
    [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  ]);
  assert.deepEqual(Object.fromEntries(written), mayImport);
});
