import { dirname, join } from "node:path";
import { shellWord } from "../model/shell-word.ts";
import type { RunReport } from "../run/run-contract.ts";
import { accountLines } from "./account-lines.ts";
import { durationText } from "./duration.ts";
import { streamsOfFormats } from "./inspect/inspect-run.ts";
import { pythonLines } from "./python-lines.ts";
import { bytesText } from "./quantity-text.ts";
import type { Terminal } from "./terminal.ts";

/** What a run came to, for programs. */
export function reportJson({ index, indexPath, seconds, exitCode, errors, upload }: RunReport) {
  return {
    exitCode,
    seconds,
    indexPath,
    index,
    ...(upload === undefined
      ? {}
      : { upload: { target: upload.target, ...upload.summary, removed: upload.removed?.files ?? 0 } }),
    errors: errors.map(({ code, message, hint }) => ({ code, message, hint })),
  };
}

/** What a run came to, for people: each file with its account, and how it is read. */
export function printReport({ index, indexPath, seconds, upload }: RunReport, terminal: Terminal): void {
  const isElsewhere = upload?.removed !== undefined;
  const folder = dirname(indexPath);
  const pathOf = (name: string): string => (isElsewhere ? `${upload.target}/${name}` : join(folder, name));
  terminal.print(`Recorded ${durationText(seconds)}.`);
  const rows = index.outputs.flatMap(({ files, ledger }) => {
    const lines = accountLines(ledger);
    return ledger.accounts.map(({ stream }, row) => {
      const names = files.filter((file) => file.streams.includes(stream)).map((file) => file.path);
      const more = names.length > 1 ? ` and ${names.length - 1} more` : "";
      return { paths: names.map(pathOf), shown: `${pathOf(names[0] ?? "")}${more}`, line: lines[row]! };
    });
  });
  const width = Math.max(0, ...rows.map(({ shown }) => shown.length));
  for (const { shown, line } of rows) terminal.print(`  ${shown.padEnd(width)}  ${line}`);
  for (const note of index.notes) terminal.print(`note: ${note}`);
  if (upload?.summary !== undefined) {
    const { objects, bytes } = upload.summary;
    terminal.print(
      `${upload.target}: ${objects} objects, ${bytesText(bytes)}, all proven equal${isElsewhere ? "; the spool was deleted" : ""}.`,
    );
    for (const left of upload.removed?.left ?? [])
      terminal.warn(`${shellWord(left)} was left: it is no part of the run, and was not uploaded.`);
  }
  if (isElsewhere) return;
  terminal.print("");
  terminal.print("Read it in Python:");
  for (const line of pythonLines(
    [...new Set(rows.flatMap(({ paths }) => paths))],
    false,
    streamsOfFormats(index.outputs, index.run.streams),
  ))
    terminal.print(`  ${line}`);
  terminal.print("");
  terminal.print(`More: npx daq inspect ${shellWord(indexPath)}`);
}
