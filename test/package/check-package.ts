/**
 * `npm run check:package`: packs the package as it would be published, installs it in an empty folder elsewhere, and
 * uses it there as a stranger would, with Node 24 and, where an older Node is on the PATH, with that.
 */
import assert from "node:assert/strict";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, relative, resolve } from "node:path";
import { type Ended, exactly, nodeOutside, run } from "./run-program.ts";

const largestFileBytes = 2 ** 20;
const checkout = resolve(import.meta.dirname, "../..");
const description = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as {
  readonly version: string;
  readonly files: readonly string[];
};

/** The installed package, and how programs are started beside it. */
type Installation = {
  readonly folder: string;
  readonly packed: string;
  /** PATH whose first `node` is this one. */
  readonly path: string;
};

function pack(folder: string): string {
  mkdirSync(folder);
  exactly(0, run("npm", ["pack", "--pack-destination", folder], { cwd: checkout }));
  const archives = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  assert.equal(archives.length, 1, `npm pack left ${archives.join(", ") || "nothing"}`);
  return join(folder, archives[0]!);
}

function install(archive: string, folder: string): Installation {
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "name": "stranger", "private": true, "type": "module" }\n');
  const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
  const options = ["--prefer-offline", "--no-audit", "--no-fund"];
  exactly(0, run("npm", ["install", ...options, archive], { cwd: folder, path }));
  return { folder, packed: join(folder, "node_modules/daq-storage"), path };
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** What the tarball holds: all that `files` promises, and nothing that only a checkout needs. */
function checkContents({ packed }: Installation): string {
  const files = filesUnder(packed);
  const absent = ["package.json", "bin/daq.js", "dist/index.d.ts", ...description.files].filter(
    (wanted) => !files.some((file) => file === wanted || file.startsWith(`${wanted}/`)),
  );
  assert.deepEqual(absent, [], "files that package.json promises and the tarball does not hold");
  assert.ok(
    files.some((file) => file.startsWith("clients/python/") && file.endsWith(".py")),
    "the Python client",
  );
  const unwanted = files.filter((file) =>
    /(^|\/)(test|src|bench|node_modules)\/|\.test\.|\.map$|\.tsbuildinfo$/.test(file),
  );
  assert.deepEqual(unwanted, [], "files that only a checkout needs");
  const large = files.filter((file) => statSync(join(packed, file)).size > largestFileBytes);
  assert.deepEqual(large, [], `files above ${largestFileBytes} bytes`);
  const mapped = files.filter(
    (file) =>
      /\.(js|d\.ts)$/.test(file) && readFileSync(join(packed, file), "utf8").includes("sourceMappingURL="),
  );
  assert.deepEqual(mapped, [], "files that name a source map, which is not there");
  const bytes = files.reduce((sum, file) => sum + statSync(join(packed, file)).size, 0);
  return `${files.length} files, ${(bytes / 1000).toFixed(0)} kB unpacked`;
}

function daq({ folder, path }: Installation, args: readonly string[]): Ended {
  return run("npx", ["--no-install", "daq", ...args], { cwd: folder, path });
}

function checkVersion(installation: Installation): string {
  const { stdout } = exactly(0, daq(installation, ["--version"]));
  assert.equal(stdout.trim(), description.version);
  return `daq ${stdout.trim()} on Node ${process.versions.node}`;
}

type Inspected = {
  readonly state: string;
  readonly run: { readonly software: { readonly version: string } };
  readonly files: readonly { readonly path: string; readonly state: string; readonly bytes: number }[];
  readonly ledgers: readonly {
    readonly ledger: {
      readonly complete: boolean;
      readonly accounts: readonly {
        readonly produced: number;
        readonly stored: number;
        readonly lost: number;
      }[];
    };
  }[];
};

function checkRecording(installation: Installation): string {
  exactly(0, daq(installation, ["record", "--duration", "1s", "--output", "data/run.{ext}"]));
  const { stdout } = exactly(0, daq(installation, ["inspect", "--json", "data/run.run.json"]));
  const seen = JSON.parse(stdout) as Inspected;
  assert.equal(seen.state, "complete");
  assert.equal(seen.run.software.version, description.version);
  assert.ok(seen.files.length >= 2, `${seen.files.length} files`);
  for (const file of seen.files)
    assert.ok(file.state === "complete" && file.bytes > 0, `${file.path}: ${file.state}`);
  const accounts = seen.ledgers.flatMap(({ ledger }) => ledger.accounts);
  for (const account of accounts)
    assert.ok(account.stored > 0 && account.lost === 0, JSON.stringify(account));
  for (const { path } of seen.files) exactly(0, daq(installation, ["inspect", path]));
  return `${seen.files.map(({ path }) => path).join(", ")}: ${accounts.map(({ stored }) => stored).join(" + ")} records`;
}

/** The descriptions of instruments are files of the package that its program looks for. */
function checkDescriptions(installation: Installation): string {
  const names = readdirSync(join(installation.packed, "devices/descriptions")).map((name) =>
    name.replace(/\.toml$/, ""),
  );
  assert.ok(names.length >= 2, names.join(", "));
  const devices = names.map(
    (name, index) =>
      `[[devices]]\nid = "device${index}"\ndriver = "scpi"\ndescription = "${name}"\nserial = "/dev/ttyUSB0"\n`,
  );
  writeFileSync(join(installation.folder, "bench.toml"), devices.join(""));
  const { stdout } = exactly(0, daq(installation, ["devices", "bench.toml"]));
  for (const index of names.keys()) assert.ok(stdout.includes(`device${index}`), stdout);
  return names.join(", ");
}

function checkJavaScript({ folder, path }: Installation): string {
  cpSync(join(import.meta.dirname, "consumer"), folder, { recursive: true });
  return exactly(0, run("node", ["consumer.js"], { cwd: folder, path })).stdout.trim();
}

function checkTypes({ folder, path }: Installation): string {
  // As a stranger would have installed them; from here, so that nothing is downloaded.
  cpSync(join(checkout, "node_modules/@types"), join(folder, "node_modules/@types"), { recursive: true });
  cpSync(join(checkout, "node_modules/undici-types"), join(folder, "node_modules/undici-types"), {
    recursive: true,
  });
  exactly(0, run(join(checkout, "node_modules/.bin/tsc"), ["-p", "."], { cwd: folder, path }));
  return "tsc (NodeNext, strict) accepts consumer.ts against the shipped declarations";
}

function checkOlderNode({ folder }: Installation): string {
  const older = nodeOutside("node_modules");
  if (older === undefined || older.major >= 24)
    return `not looked at: no Node older than 24 is on the PATH${older === undefined ? "" : ` (${older.program} is ${older.version})`}`;
  const path = `${dirname(older.program)}${delimiter}${process.env.PATH}`;
  const { stdout, stderr } = exactly(2, run("npx", ["--no-install", "daq", "record"], { cwd: folder, path }));
  assert.equal(stdout, "");
  assert.match(stderr, /daq needs Node\.js 24 or newer/);
  assert.ok(stderr.includes(older.version.slice(1)), "the message names the version that was found");
  assert.doesNotMatch(stderr, /^\s+at /m, "no stack trace");
  return `Node ${older.version} is told: ${stderr.split("\n").find((line) => line.startsWith("daq needs"))}`;
}

const checks = {
  checkContents,
  checkVersion,
  checkRecording,
  checkDescriptions,
  checkJavaScript,
  checkTypes,
  checkOlderNode,
};
const temporary = mkdtempSync(join(tmpdir(), "daq-package-"));
try {
  const installation = install(pack(join(temporary, "packed")), join(temporary, "stranger"));
  // All of them, so that one run shows everything that is wrong.
  for (const [name, check] of Object.entries(checks)) {
    try {
      console.log(`ok      ${name}: ${check(installation)}`);
    } catch (error) {
      console.log(`FAILED  ${name}: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
