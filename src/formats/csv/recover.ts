import { openFileSink } from "../../bytes/file-sink.ts";
import { DaqError } from "../../model/errors.ts";
import { accountForHoles } from "../account-for-holes.ts";
import type { RecoveredFile } from "../contract.ts";
import { headerLine } from "./fields.ts";
import { finishTailSwap, swapGzipTail } from "./gzip-tail.ts";
import { checkHeader, isWhole } from "./inspect.ts";
import { rowDamage } from "./row-damage.ts";
import { type ScannedRows, scanRows } from "./scan-rows.ts";
import type { Sidecar } from "./sidecar.ts";
import { readSidecar, writeSidecar } from "./sidecar-file.ts";
import { TextSource } from "./text-source.ts";

/**
 * Cuts off a torn last line, or what a torn gzip member has behind its last full line, and writes into the sidecar that
 * the file is finished. Damage before the end is a `DaqError("format")`, and the file is left as it is.
 */
export async function recoverFile(path: string): Promise<RecoveredFile> {
  await finishTailSwap(path);
  await using source = await TextSource.open(path);
  const rows = await scanRows(source);
  const sidecar = await readSidecar(path);
  const torn = source.torn || rows.tornTextBytes > 0 || rows.header === undefined;
  checkHeader(path, rows.header, sidecar, []);
  if (isWhole(source.fileBytes, torn, sidecar))
    return { path, changed: false, records: rows.records, cutBytes: 0 };
  const damage = rowDamage(rows, sidecar?.stream);
  if (damage !== undefined)
    throw new DaqError("format", `${path}, line ${damage.line}: it ${damage.problem}.`, {
      hint: "The file is damaged before its end, or not of this program; it was left as it is. Take it from a copy.",
    });
  const bytes = torn ? await cutTail(source, rows, sidecar) : source.fileBytes;
  if (sidecar !== undefined) await describeRecovered(path, rows, sidecar, bytes);
  return { path, changed: true, records: rows.records, cutBytes: rows.tornTextBytes };
}

/** Returns the length of the file afterwards. */
async function cutTail(source: TextSource, rows: ScannedRows, sidecar: Sidecar | undefined): Promise<number> {
  const { path } = source;
  // A file that broke off in its very first line gets it back from the sidecar.
  const header = rows.header === undefined ? Buffer.from(headerLine(sidecar!.stream)) : undefined;
  if (source.compressed) return swapGzipTail(source, rows.wholeTextBytes, header);
  const sink = await openFileSink(path, { resumeAtBytes: rows.wholeTextBytes });
  try {
    if (header !== undefined) await sink.write(header);
    await sink.flush();
    return sink.positionBytes;
  } finally {
    await sink.close();
  }
}

async function describeRecovered(
  path: string,
  rows: ScannedRows,
  sidecar: Sidecar,
  bytes: number,
): Promise<void> {
  const { stream, ledger } = sidecar;
  const account = ledger.accounts.find((candidate) => candidate.stream === stream.name);
  const produced = sidecar.closed === undefined ? 0 : (account?.produced ?? 0);
  // A file that was closed and cut afterwards lacks its end too.
  const missing = produced - rows.nextSequence;
  const holes = missing > 0 ? [...rows.holes, { first: rows.nextSequence, count: missing }] : rows.holes;
  const nowNs = String(BigInt(Date.now()) * 1_000_000n);
  const recovered: Sidecar = {
    run: sidecar.run,
    stream,
    ledger: accountForHoles(
      { stream: stream.name, records: rows.records, holes },
      account?.ranges ?? [],
      nowNs,
    ),
    closed: { bytes, records: rows.records },
  };
  await writeSidecar(path, recovered, openFileSink, true);
}
