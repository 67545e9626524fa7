import assert from "node:assert/strict";
import { isAbsolute, normalize, relative } from "node:path";
import { test } from "node:test";
import { DaqError } from "../model/errors.ts";
import { dataExtensionOf, hasVersion, outputPathFor, templateProblem } from "./output-path.ts";

const values = {
  experiment: "wavelength_scan",
  startedAt: new Date(2026, 0, 25, 14, 32, 45),
  extension: ".arrow",
  version: 1,
};
const standard = "data/{experiment}_{date}_{time}_v{version}.{ext}";

test("fills in experiment, local date and time, version and extension", () => {
  assert.equal(outputPathFor(standard, values), "data/wavelength_scan_2026-01-25_14-32-45_v1.arrow");
  assert.equal(
    outputPathFor(standard, {
      ...values,
      version: 12,
      extension: ".csv.gz",
      startedAt: new Date(2026, 10, 5, 4, 3, 2),
    }),
    "data/wavelength_scan_2026-11-05_04-03-02_v12.csv.gz",
  );
});

test("keeps the format's own extension and replaces that of another format", () => {
  const path = (template: string, extension: string, extensions?: readonly string[]): string =>
    outputPathFor(template, { ...values, extension, ...(extensions === undefined ? {} : { extensions }) });
  assert.equal(path("data.h5", ".h5"), "data.h5");
  assert.equal(path("data.h5", ".arrow"), "data.arrow");
  assert.equal(path("data.hdf5", ".h5", [".h5", ".hdf5"]), "data.hdf5");
  assert.equal(path("data.csv", ".csv.gz", [".csv", ".csv.gz"]), "data.csv.gz");
  assert.equal(path("data.csv.gz", ".csv", [".csv", ".csv.gz"]), "data.csv");
  assert.equal(path("data", ".arrow"), "data.arrow");
  assert.equal(path("run.v2", ".arrow"), "run.v2.arrow");
  assert.equal(path("a.csv/.h5", ".arrow"), "a.csv/.h5.arrow");
  assert.equal(path("data_{ext}", ".arrow"), "data_arrow.arrow");
});

test("an experiment that is called like a file does not choose the extension", () => {
  assert.equal(outputPathFor("{experiment}", { ...values, experiment: "a.csv" }), "a.csv.arrow");
});

test("no experiment's name leaves the folder or hides its file", () => {
  const names = [
    "../../etc/passwd",
    "..",
    ".",
    "...",
    "/etc/passwd",
    "a/../../b",
    "a\\..\\b",
    ".hidden",
    "",
    "   ",
    "\0",
    "a\nb",
    "\u202egpj.exe",
    "{version}",
    "{date}/..",
    "x".repeat(10_000),
    "😀".repeat(500),
    "\ud800",
    "con:*?",
    "a/",
    ". .",
  ];
  for (const experiment of names) {
    const path = outputPathFor("data/{experiment}.{ext}", { ...values, experiment });
    const inside = relative("data", normalize(path));
    assert.ok(!inside.startsWith("..") && !isAbsolute(inside) && !inside.includes("/"), JSON.stringify(path));
    assert.ok(!inside.startsWith("."), JSON.stringify(path));
    assert.doesNotMatch(path, /[\p{Cc}\p{Cf}\\]/u);
    assert.ok(path.isWellFormed());
    assert.ok(Buffer.byteLength(inside) <= 100 + ".arrow".length, JSON.stringify(path));
    assert.match(path, /^data\/.+\.arrow$/);
  }
  assert.equal(
    outputPathFor("{experiment}.{ext}", { ...values, experiment: "Größe 5 µm" }),
    "Größe 5 µm.arrow",
  );
  assert.equal(outputPathFor("{experiment}.{ext}", { ...values, experiment: "  " }), "experiment.arrow");
  assert.equal(outputPathFor("{experiment}.{ext}", { ...values, experiment: "a..b...c.d" }), "a_b_c.d.arrow");
});

test("a template that cannot be filled in is refused with what to write", () => {
  assert.equal(templateProblem(standard), undefined);
  assert.equal(templateProblem("/abs/../x.h5"), undefined);
  assert.equal(templateProblem("{Date}.csv"), "unknown placeholder {Date}; did you mean {date}?");
  assert.equal(
    templateProblem("{foo}.csv"),
    "unknown placeholder {foo}; choose from: {experiment}, {date}, {time}, {version}, {ext}",
  );
  assert.match(templateProblem("{}.csv") ?? "", /^unknown placeholder \{\}/);
  for (const template of ["{date", "date}", "{{date}}", "{date}}", "a{b{date}"])
    assert.equal(
      templateProblem(template),
      "a brace without its partner; braces are for placeholders only",
      template,
    );
  for (const template of ["data/", ".", "..", "a/..", "/"])
    assert.equal(templateProblem(template), "this is a folder; expected the path of a file", template);
  assert.match(templateProblem("~/data.h5") ?? "", /home folder/);
  assert.match(templateProblem("a\0b") ?? "", /control characters/);
  assert.throws(
    () => outputPathFor("{foo}.csv", values),
    (error) => error instanceof DaqError && error.code === "config" && error.message.includes("{foo}"),
  );
});

test("knows whether a template counts runs, and which format its end means", () => {
  assert.equal(hasVersion(standard), true);
  assert.equal(hasVersion("data_v1.csv"), false);
  assert.equal(dataExtensionOf("a/b.csv.gz"), ".csv.gz");
  assert.equal(dataExtensionOf("a/b.txt"), undefined);
  assert.equal(dataExtensionOf("a/.csv"), undefined);
});

test("an extension in capitals means the same format, and is kept", () => {
  const hdf5 = { ...values, extension: ".h5", extensions: [".h5", ".hdf5", ".nxs"] };
  assert.equal(dataExtensionOf("RUN.H5"), ".h5");
  assert.equal(dataExtensionOf("run.nxs"), ".nxs");
  assert.equal(outputPathFor("RUN.H5", hdf5), "RUN.H5");
  assert.equal(outputPathFor("run.NXS", hdf5), "run.NXS");
  assert.equal(outputPathFor("RUN.ARROW", hdf5), "RUN.h5");
  assert.equal(
    outputPathFor("RUN.CSV.GZ", { ...values, extension: ".csv", extensions: [".csv", ".csv.gz"] }),
    "RUN.csv",
  );
});

test("an ending that is nearly a format's is refused with the right one; any other is a part of the name", () => {
  for (const [written, meant] of [
    ["a.h5py", ".h5"],
    ["a.hdf", ".h5"],
    ["a.HDF", ".h5"],
    ["a.arow", ".arrow"],
    ["a.feather", ".arrow"],
    ["a.pq", ".parquet"],
    ["a.csb", ".csv"],
  ])
    assert.ok(
      templateProblem(written!)?.includes(`did you mean ${meant}?`),
      `${written}: ${templateProblem(written!)}`,
    );
  for (const template of ["a.h5py.{ext}", "a.dat", "a.v2", "run.1", "a.b.h5", "scan_1.5V", "data/name"])
    assert.equal(templateProblem(template), undefined, template);
});
