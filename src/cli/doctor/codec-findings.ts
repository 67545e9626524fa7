import { type CodecReport, codecReport } from "../../bytes/compress/codec-report.ts";
import type { Finding } from "./finding.ts";

/** One for each codec that a library of the system can do. */
export function codecFindings(reports: readonly CodecReport[] = codecReport()): readonly Finding[] {
  return reports.map(findingOf);
}

function findingOf({ codec, by, library }: CodecReport): Finding {
  switch (library.state) {
    case "used":
      return { name: codec, state: "ok", value: by };
    case "off":
      return {
        name: codec,
        state: "slow",
        value: `${by}; the system's libraries are switched off`,
        hint: "Unset DAQ_SYSTEM_CODECS to use them.",
      };
    case "not-installed":
      return { name: codec, state: "slow", value: `${by}; ${library.soname} is not installed` };
    case "refused":
      return {
        name: codec,
        state: "slow",
        value: `${by}; ${library.soname} failed its test: ${library.reason}`,
        hint: "Files are right without it. Please report this line with the version of the library.",
      };
  }
}

/** The command that installs what is missing; undefined when nothing is. */
export function installLine(reports: readonly CodecReport[] = codecReport()): string | undefined {
  const missing = reports.filter(({ library }) => library.state === "not-installed");
  if (missing.length === 0) return undefined;
  return `sudo apt-get install ${missing.map(({ library }) => library.package).join(" ")}`;
}
