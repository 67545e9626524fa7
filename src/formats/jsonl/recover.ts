import { openFileSink } from "../../bytes/file-sink.ts";
import { accountForHoles } from "../account-for-holes.ts";
import type { RecoveredFile } from "../contract.ts";
import { scanFile } from "./scan.ts";
import { stopText } from "./stop-document.ts";

/**
 * Cuts off a torn last line, and ends the run with a stop document that says which records are not there. Damage before the
 * end is a `DaqError("format")`, and the file is left as it is.
 */
export async function recoverFile(path: string): Promise<RecoveredFile> {
  const { start, streams, stop, wholeBytes, tornBytes } = await scanFile(path);
  const records = streams.reduce((sum, stream) => sum + stream.records, 0);
  if (stop !== undefined && tornBytes === 0) return { path, changed: false, records, cutBytes: 0 };
  const sink = await openFileSink(path, { resumeAtBytes: wholeBytes, inOrder: true });
  try {
    if (stop === undefined) {
      const atNs = String(BigInt(Date.now()) * 1_000_000n);
      const accounts = streams.flatMap(
        ({ schema, records: stored, holes }) =>
          accountForHoles({ stream: schema.name, records: stored, holes }, [], atNs).accounts,
      );
      const counts = new Map(streams.map((stream) => [stream.schema.name, stream.records]));
      await sink.write(Buffer.from(stopText(start, counts, { complete: false, accounts })));
    }
    await sink.flush();
  } finally {
    await sink.close();
  }
  return { path, changed: true, records, cutBytes: tornBytes };
}
