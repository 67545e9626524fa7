import { gigabytes } from "../run/disk-space.ts";
import type { RunProgress } from "../run/run-contract.ts";
import { durationText } from "./duration.ts";
import { uploadText } from "./upload-text.ts";

/** Bytes per second over the last few reports, and what follows from them. */
export class ProgressLine {
  #points: { readonly atMs: number; readonly bytes: number; readonly free: number | undefined }[] = [];

  /** One line: records, rate, ring fill, losses, disk left, time to full. */
  next(progress: RunProgress): string {
    const { recorder, elapsedMs, phase, diskFreeBytes, silentMs } = progress;
    this.#points = [
      ...this.#points,
      { atMs: elapsedMs, bytes: recorder.readBytes, free: diskFreeBytes },
    ].slice(-20);
    const first = this.#points[0]!;
    const seconds = Math.max((elapsedMs - first.atMs) / 1000, 0.001);
    const rate = (recorder.readBytes - first.bytes) / seconds;
    const streams = recorder.streams.map(({ stream, read }) => `${stream} ${read}`).join("  ");
    const fill = Math.round((recorder.behindBytes / recorder.capacityBytes) * 100);
    const parts = [
      `${phase} ${durationText(elapsedMs / 1000)}`,
      ...(silentMs === undefined
        ? []
        : [`the recorder has not answered for ${durationText(silentMs / 1000)}`]),
      streams,
      `${(rate / 1e6).toFixed(1)} MB/s`,
      `ring ${fill} %`,
      ...(recorder.lost > 0 ? [`LOST ${recorder.lost}`] : []),
      diskFreeBytes === undefined
        ? "the output folder is gone"
        : `disk ${gigabytes(diskFreeBytes)} free${this.#timeToFull(first.free ?? diskFreeBytes, diskFreeBytes, seconds)}`,
      ...(progress.upload === undefined ? [] : [uploadText(progress.upload)]),
    ];
    return parts.join(" | ");
  }

  #timeToFull(freeBefore: number, free: number, seconds: number): string {
    const used = (freeBefore - free) / seconds;
    if (used < 1000 || seconds < 1) return "";
    return `, full in ${durationText(free / used)}`;
  }
}
