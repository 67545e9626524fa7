import type { Format } from "../contract.ts";
import { inspectFile } from "./inspect.ts";
import { extension, planFiles, refusal } from "./plan-files.ts";
import { readJsonl } from "./read-batches.ts";
import { recoverFile } from "./recover.ts";
import { createWriter, resumeWriter } from "./writer.ts";

/** The documents of a run, a line of JSON each: see README.md beside this file. */
export const jsonlFormat: Format = {
  name: "jsonl",
  extensions: [extension],
  compressions: ["none"],
  defaultCompression: "none",
  maxCompressionLevel: {},
  refusal,
  extension: () => extension,
  plan: planFiles,
  create: createWriter,
  resume: resumeWriter,
  inspect: inspectFile,
  read: readJsonl,
  recover: recoverFile,
};
