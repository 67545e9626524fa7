import type { Format } from "../contract.ts";
import { refusal } from "./fields.ts";
import { inspectFile } from "./inspect.ts";
import { gzipExtension, plainExtension, planFiles } from "./plan-files.ts";
import { readCsv } from "./read-batches.ts";
import { recoverFile } from "./recover.ts";
import { createWriter, isCompressed, resumeWriter } from "./writer.ts";

/** RFC 4180 text with a CSVW sidecar: see README.md beside this file. */
export const csvFormat: Format = {
  name: "csv",
  extensions: [plainExtension, gzipExtension],
  compressions: ["none", "gzip"],
  defaultCompression: "none",
  maxCompressionLevel: { gzip: 9 },
  refusal,
  extension: (options) => (isCompressed(options) ? gzipExtension : plainExtension),
  plan: planFiles,
  create: createWriter,
  resume: resumeWriter,
  inspect: inspectFile,
  read: readCsv,
  recover: recoverFile,
};
