import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { CodecReport } from "../../bytes/compress/codec-report.ts";
import { jsonLines, runCommand, temporaryFolder } from "../captured-terminal.test.ts";
import { cloudFindings } from "../doctor/cloud-findings.ts";
import { codecFindings, installLine } from "../doctor/codec-findings.ts";
import { nodeFinding, ringFolderFinding } from "../doctor/machine-findings.ts";
import { pythonFinding } from "../doctor/reader-findings.ts";
import { doctorCommand } from "./doctor.ts";

test("says in words and in JSON what is there, and leaves nothing behind", async (t) => {
  const folder = temporaryFolder(t);
  const { code, out } = await runCommand(doctorCommand, [folder]);
  assert.equal(code, 0, out);
  assert.match(out, /^Node\.js +ok +\d+\.\d+\.\d+ on /m);
  assert.match(out, /^shared memory +(ok|slow) +mmap /m);
  assert.match(out, /^workers +ok +compression in threads works$/m);
  assert.match(out, /^deflate 1–3 +(ok|slow) +\S/m);
  assert.ok(out.includes(`${folder}: writable, `));
  const rows = jsonLines((await runCommand(doctorCommand, [folder, "--json"])).out);
  assert.ok(rows.every((row) => "install" in row || ["ok", "slow", "failed"].includes(String(row.state))));
  assert.deepEqual(readdirSync(folder), []);
});

test("a folder that is not there yet is judged by the one above it", async (t) => {
  const folder = temporaryFolder(t);
  const { code, out } = await runCommand(doctorCommand, [join(folder, "not", "yet")]);
  assert.equal(code, 0);
  assert.ok(out.includes(`${join(folder, "not", "yet")} is not there yet; `), out);
  assert.ok(out.includes(`${folder}: writable, `));
});

test("a folder that cannot be written fails with what to do", {
  skip: process.getuid?.() === 0 && "root may write anywhere",
}, async (t) => {
  const folder = join(temporaryFolder(t), "sealed");
  mkdirSync(folder);
  chmodSync(folder, 0o555);
  const { code, out } = await runCommand(doctorCommand, [folder]);
  assert.equal(code, 1);
  assert.match(out, /cannot be written \(EACCES\)/);
  assert.match(out, /^data folder: Choose a folder/m);
});

test("a place that is not a folder fails with what to do", async () => {
  const { code, out } = await runCommand(doctorCommand, ["/dev/null"]);
  assert.equal(code, 1);
  assert.match(out, /\/dev\/null cannot be written \(ENOTDIR\)/);
});

test("too old a Node and a ring folder that is missing are told", async () => {
  assert.equal(nodeFinding("22.1.0").state, "failed");
  assert.match(nodeFinding("22.1.0").hint!, /Node\.js 24/);
  const missing = await ringFolderFinding("/nowhere");
  assert.deepEqual([missing.state, missing.value], ["slow", "not there"]);
});

test("libraries that are missing come with the line that installs exactly these", () => {
  const library = { soname: "libx.so.1", codec: "deflate 6–9" };
  const reports: readonly CodecReport[] = [
    {
      codec: "deflate 1–3",
      by: "A",
      library: { ...library, name: "isal", package: "libisal2", state: "used" },
    },
    {
      codec: "deflate 6–9",
      by: "B",
      library: { ...library, name: "libdeflate", package: "libdeflate0", state: "not-installed" },
    },
    {
      codec: "zstd",
      by: "C",
      library: { ...library, name: "libzstd", package: "libzstd1", state: "refused", reason: "wrong bytes" },
    },
  ];
  assert.equal(installLine(reports), "sudo apt-get install libdeflate0");
  assert.equal(installLine(reports.slice(0, 1)), undefined);
  assert.deepEqual(
    codecFindings(reports).map(({ state, value }) => [state, value]),
    [
      ["ok", "A"],
      ["slow", "B; libx.so.1 is not installed"],
      ["slow", "C; libx.so.1 failed its test: wrong bytes"],
    ],
  );
});

test("credentials of the clouds are said to be there or not, and never shown", async (t) => {
  const home = temporaryFolder(t);
  mkdirSync(join(home, ".aws"));
  writeFileSync(join(home, ".aws", "credentials"), "secret-in-a-file");
  const env = { AZURE_STORAGE_KEY: "secret-in-a-variable", GOOGLE_APPLICATION_CREDENTIALS: "" };
  const findings = cloudFindings(env, home, (name) => name !== "@azure/identity");
  const values = findings.map(({ name, value }) => `${name} ${value}`);
  assert.equal(values[0], "s3:// package installed; credentials: ~/.aws/credentials");
  assert.equal(values[1], "az:// @azure/identity not installed; credentials: AZURE_STORAGE_KEY");
  assert.match(values[2]!, /^gs:\/\/ package installed; no credentials/);
  assert.doesNotMatch(JSON.stringify(findings), /secret/);
});

test("a machine without Python can record all the same", async () => {
  assert.deepEqual(await pythonFinding("no-python-here"), {
    name: "Python",
    state: "ok",
    value: "no-python-here is not here; recording does not need it",
  });
});
