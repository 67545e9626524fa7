import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DaqError } from "../model/errors.ts";
import { readConfigFile } from "./config-file.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "daq-config-file-"));
});
after(() => rm(folder, { recursive: true }));

async function messageOf(path: string): Promise<string> {
  const error = await readConfigFile(path).catch((reason: unknown) => reason);
  assert.ok(error instanceof DaqError && error.code === "config", String(error));
  return error.message.replaceAll(folder, "");
}

test("a path that is missing, or goes through a file, is named", async () => {
  assert.equal(
    await messageOf(join(folder, "no.toml")),
    "/no.toml: there is no such file; check the path of the configuration",
  );
  await writeFile(join(folder, "file"), "");
  assert.match(await messageOf(join(folder, "file", "x.toml")), /there is no such file/);
});

test("a folder is named as one", async () => {
  assert.equal(await messageOf(folder), ": this is a folder; name the TOML file in it");
});

test("the first byte that is not UTF-8 is named with line and column", async () => {
  const path = join(folder, "latin1.toml");
  await writeFile(
    path,
    Buffer.concat([Buffer.from('[experiment]\nname = "Gr'), Buffer.from([0xf6, 0xdf]), Buffer.from('e"\n')]),
  );
  assert.equal(
    await messageOf(path),
    "/latin1.toml:2: not UTF-8 text (byte 0xf6 in column 11); save the file as UTF-8",
  );
  await writeFile(path, Buffer.from([0x61, 0xef, 0xbf, 0xbd, 0x0a, 0x62, 0xc3]));
  assert.match(await messageOf(path), /^\/latin1\.toml:2: not UTF-8 text \(byte 0xc3 in column 2\)/);
});

test("a file, or a device without end, that is larger than any configuration is refused", async () => {
  const path = join(folder, "large.toml");
  await writeFile(path, Buffer.alloc(1024 * 1024 + 1, "#"));
  assert.match(await messageOf(path), /^\/large\.toml: expected a configuration of at most 1 MiB/);
  assert.match(await messageOf("/dev/zero"), /^\/dev\/zero: expected a configuration of at most 1 MiB/);
  await writeFile(path, Buffer.alloc(1024 * 1024, "#"));
  assert.equal((await readConfigFile(path)).length, 1024 * 1024);
});

test("a pipe is read to its end", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const [text] = await Promise.all([readConfigFile(pipe), writeFile(pipe, "[storage]\n")]);
  assert.equal(text, "[storage]\n");
});
