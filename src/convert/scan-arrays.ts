import type { FormatWriter } from "../formats/contract.ts";
import { ScanGrid } from "../formats/documents/scan-grid.ts";
import type { Run } from "../model/run.ts";

/** The stream whose events are the points of a scan. */
export const scanStream = "primary";

/** For a scan that goes to a format with arrays of its axes; its rows are added as they pass. */
export function scanArraysOf({ info, streams }: Run, writer: FormatWriter): ScanGrid | undefined {
  const points = streams.find(({ name }) => name === scanStream);
  if (writer.addGrid === undefined || info.start === undefined || points === undefined) return undefined;
  const cameras = streams.filter(({ kind }) => kind === "array").map(({ name }) => name);
  return ScanGrid.of(info.start, points.columns, cameras);
}
