import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { formatNames, loadFormat } from "../formats/registry.ts";
import { jsonLines, spawnDaq } from "./captured-terminal.test.ts";

const names = ["record", "inspect", "tail", "recover", "config", "devices"];

test("the overview names every command, and every command's help shows it at work", async () => {
  const code = `
    const { main } = await import(${JSON.stringify(new URL("./main.ts", import.meta.url).href)});
    for (const args of ${JSON.stringify([[], ...names.map((name) => [name])])}) {
      const code = await main([...args, "--help"]);
      console.log("exit " + code + "\\0");
    }`;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
  const [overview, ...helps] = run.stdout.split("\0\n");
  assert.equal(helps.filter((help) => help !== "").length, names.length, run.stderr);
  for (const [index, name] of names.entries()) {
    assert.match(overview!, new RegExp(`^  ${name} `, "m"));
    const help = helps[index]!;
    const examples = help.slice(help.indexOf("Examples:"));
    assert.match(examples, new RegExp(`^  daq ${name}.*\n      \\S`, "m"));
    assert.match(help, /--json/);
    assert.match(help, /exit 0$/);
  }
});

test("an unknown command or option is named, with exit code 2", async () => {
  const command = await spawnDaq(["inspekt"]).done;
  assert.equal(command.code, 2);
  assert.match(command.error, /There is no command "inspekt"/);
  assert.match(command.error, /Did you mean "daq inspect"\? Choose from: record, run, inspect, /);
  const file = await spawnDaq(["scan.toml"]).done;
  assert.match(file.error, /daq record scan\.toml/);
  for (const name of ["inspect", "tail", "config", "devices"]) {
    const option = await spawnDaq([name, "--colour"]).done;
    assert.equal(option.code, 2);
    assert.match(option.error, /has no option --colour\./);
    assert.match(option.error, new RegExp(`daq ${name} --help`));
  }
});

test("an argument that means nothing is refused, and help of a command is its --help", async () => {
  for (const args of [
    ["version", "extra"],
    ["--version", "extra"],
    ["help", "--extra"],
    ["help", "extra"],
  ]) {
    const { code, error } = await spawnDaq(args).done;
    assert.equal(code, 2, args.join(" "));
    assert.match(error, /extra/);
  }
  const { code, out } = await spawnDaq(["help", "record"]).done;
  assert.equal(code, 0);
  assert.match(out, /^daq record: /);
});

test("a misspelt option is answered with the nearest one", async () => {
  for (const [args, meant] of [
    [["record", "--durration", "5s"], "--duration"],
    [["record", "--compresion=gzip"], "--compression"],
    [["record", "--ring_mb", "5"], "--ring-mb"],
    [["tail", "--cuont", "5"], "--count"],
    [["inspect", "-json"], undefined],
  ] as const) {
    const { code, error } = await spawnDaq(args).done;
    assert.equal(code, 2);
    if (meant !== undefined) assert.match(error, new RegExp(`Did you mean ${meant}\\?`));
    else assert.doesNotMatch(error, /Did you mean/);
  }
});

test("with --json an error is an object on standard output, and a sentence on standard error", async () => {
  const { code, out, error } = await spawnDaq(["inspect", "--json", "no-such-folder/run.arrow"]).done;
  assert.equal(code, 1);
  const [line, ...rest] = jsonLines(out);
  assert.deepEqual(rest, []);
  assert.equal((line!.error as { code: string }).code, "path");
  assert.match(error, /there is no folder no-such-folder/);
});

test("the beginning of an option is answered with the whole of it", async () => {
  const { code, error } = await spawnDaq(["upload", "run.run.json", "--delete"]).done;
  assert.equal(code, 2);
  assert.match(error, /Did you mean --delete-local\?/);
});

test("the help of record names every format with its extensions", async () => {
  const { out } = await spawnDaq(["record", "--help"]).done;
  for (const name of formatNames) {
    const { extensions } = await loadFormat(name);
    assert.ok(out.replaceAll(/\s+/g, " ").includes(`${name} (${extensions.join(", ")})`), name);
  }
});
