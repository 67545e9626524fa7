import type { UploadProgress } from "../upload/upload-watch.ts";
import { durationText } from "./duration.ts";
import { bytesText } from "./quantity-text.ts";

/** What a problem must have lasted to be worth a place in the line: a single try may fail at any time. */
const shownMs = 2_000;

/** "upload: 12 of 40 objects, behind by 3.2 GB", and why nothing gets through. */
export function uploadText({ objects, provenObjects, bytes, provenBytes, problem }: UploadProgress): string {
  const behind = bytes - provenBytes;
  const parts = [
    `upload: ${provenObjects} of ${objects} objects`,
    ...(behind > 0 ? [`behind by ${bytesText(behind)}`] : []),
  ];
  if (problem === undefined || problem.sinceMs < shownMs) return parts.join(", ");
  return `${parts.join(", ")}; nothing gets through since ${durationText(problem.sinceMs / 1000)}: ${problem.message}`;
}
