import assert from "node:assert/strict";
import { test } from "node:test";
import { DaqError } from "../../src/model/errors.ts";
import { chosenCases, parseBenchArguments } from "./bench-arguments.ts";

function refuses(...args: string[]): string {
  try {
    parseBenchArguments(args);
  } catch (error) {
    assert.ok(error instanceof DaqError);
    assert.equal(error.code, "usage");
    return error.message;
  }
  assert.fail(`${args.join(" ")} was accepted`);
}

test("without arguments everything is measured five times with generated input", () => {
  assert.deepEqual(parseBenchArguments([]), {
    data: undefined,
    target: undefined,
    json: false,
    only: [],
    runs: 5,
    quick: false,
    list: false,
    help: false,
  });
});

test("every option is understood", () => {
  const found = parseBenchArguments(
    "--data in --target out --json --quick --runs 9 --only ring/ --only csv".split(" "),
  );
  assert.equal(found.data, "in");
  assert.equal(found.target, "out");
  assert.equal(found.runs, 9);
  assert.ok(found.json && found.quick);
  assert.deepEqual(found.only, ["ring/", "csv"]);
});

test("a number of runs that is none is refused by name", () => {
  for (const runs of ["0", "many", "2.5", "-1", "1e2", ""])
    assert.match(refuses(`--runs=${runs}`), /^--runs /);
});

test("an unknown option or operand is refused by name", () => {
  assert.match(refuses("--dta", "in"), /--dta/);
  assert.match(refuses("ring"), /ring/);
});

test("an option without its value is refused", () => {
  assert.match(refuses("--data"), /--data/);
});

const names = ["ring/wake/blocking", "ring/records/100B", "csv/samples/none"];

test("all cases are chosen when none is named", () => {
  assert.deepEqual(chosenCases(names, []), names);
});

test("cases are chosen by a part of their name, in their own order", () => {
  assert.deepEqual(chosenCases(names, ["csv", "wake"]), ["ring/wake/blocking", "csv/samples/none"]);
});

test("a part that no name has is refused, also beside one that is found", () => {
  assert.throws(
    () => chosenCases(names, ["csv", "hdf5"]),
    (error) => error instanceof DaqError && /hdf5/.test(error.message),
  );
});
