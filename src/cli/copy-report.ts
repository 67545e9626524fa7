import type { CopyProgress } from "../convert/stream-copy.ts";
import { bytesText, countText } from "./quantity-text.ts";
import type { Terminal } from "./terminal.ts";

/** Without a terminal that redraws a line, one line in so many milliseconds. */
const logEveryMs = 5_000;
const statusEveryMs = 200;

/** Tells how far the reading of streams is; `doing`: "converting". */
export function copyReport(terminal: Terminal, doing: string): (progress: CopyProgress) => void {
  const startMs = performance.now();
  let shownMs = startMs;
  let doneBytes = 0;
  let last: CopyProgress | undefined;
  return (progress) => {
    // A stream that is read again, of another format, begins anew.
    if (last !== undefined && (last.stream !== progress.stream || last.bytes > progress.bytes))
      doneBytes += last.bytes;
    last = progress;
    const nowMs = performance.now();
    if (nowMs - shownMs < (terminal.isInteractive ? statusEveryMs : logEveryMs)) return;
    shownMs = nowMs;
    const perSecond = ((doneBytes + progress.bytes) / (nowMs - startMs)) * 1000;
    if (terminal.json) terminal.printJson({ event: "progress", ...progress, bytesPerSecond: perSecond });
    const { stream, records, of } = progress;
    const part = of > 0 ? `, ${Math.floor((records / of) * 100)} %` : "";
    const text = `${doing} ${stream}: ${records} of ${countText(of, "record")}${part}, ${bytesText(perSecond)}/s`;
    terminal.status(text);
    if (!terminal.isInteractive && !terminal.json) terminal.log(text);
  };
}
