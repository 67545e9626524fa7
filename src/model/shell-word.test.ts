import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { shellWord } from "./shell-word.ts";

test("a shell reads every path back as it was", () => {
  for (const path of ["data/run_v1.run.json", 'it\'s 5 $HOME `x` "y".h5', "a b", "", "(ä)*?;&|"])
    assert.equal(execFileSync("sh", ["-c", `printf %s ${shellWord(path)}`]).toString(), path);
});

test("a plain path stays as it is", () => {
  assert.equal(shellWord("data/run_v1.run.json"), "data/run_v1.run.json");
});
