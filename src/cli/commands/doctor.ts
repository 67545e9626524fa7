import { codecReport } from "../../bytes/compress/codec-report.ts";
import { softwareVersion } from "../../formats/software-version.ts";
import { exitCodes } from "../../model/errors.ts";
import type { Command } from "../command.ts";
import { cloudFindings } from "../doctor/cloud-findings.ts";
import { codecFindings, installLine } from "../doctor/codec-findings.ts";
import type { Finding } from "../doctor/finding.ts";
import {
  dataFolderFinding,
  nodeFinding,
  processorFinding,
  ringFolderFinding,
} from "../doctor/machine-findings.ts";
import { sharedMemoryFinding, workersFinding } from "../doctor/memory-findings.ts";
import { readerFindings } from "../doctor/reader-findings.ts";
import { formatTable } from "../format-table.ts";

export const doctorCommand: Command = {
  name: "doctor",
  summary: "check what recording needs here, and what would make it faster",
  operands: "[FOLDER]",
  operandCount: [0, 1],
  options: [],
  examples: [
    ["daq doctor", "this machine, and the folder `data` as the place of files"],
    ["daq doctor /mnt/raid", "the same with the disk that data will go to"],
  ],
  notes:
    "Nothing is changed; small files are made and removed. Exit code 0: recording works here, 1: something that it needs does not.",
  async run(args, terminal) {
    const codecs = codecReport();
    const findings: readonly Finding[] = [
      { name: "daq", state: "ok", value: softwareVersion() },
      nodeFinding(),
      processorFinding(),
      await ringFolderFinding(),
      sharedMemoryFinding(),
      await dataFolderFinding(args.positionals[0] ?? "data"),
      await workersFinding(),
      ...codecFindings(codecs),
      ...cloudFindings(),
      ...(await readerFindings()),
    ];
    const install = process.platform === "linux" ? installLine(codecs) : undefined;
    if (terminal.json) {
      for (const finding of findings) terminal.printJson(finding);
      if (install !== undefined) terminal.printJson({ install });
    } else {
      const rows = findings.map(({ name, state, value }) => [name, state, value]);
      for (const line of formatTable(rows, undefined, process.stdout.columns)) terminal.print(line);
      const hints = findings.filter(({ hint }) => hint !== undefined);
      if (hints.length > 0) terminal.print("");
      for (const { name, hint } of hints) terminal.print(`${name}: ${hint}`);
      if (install !== undefined) {
        terminal.print("");
        terminal.print("Faster compression, the same files:");
        terminal.print(`  ${install}`);
      }
    }
    return findings.some(({ state }) => state === "failed") ? exitCodes.failed : exitCodes.complete;
  },
};
