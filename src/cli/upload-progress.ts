import type { UploadProgress } from "../upload/upload-watch.ts";
import type { Terminal } from "./terminal.ts";
import { uploadText } from "./upload-text.ts";

/** Without a terminal that redraws a line, one line in so many milliseconds. */
const logEveryMs = 5_000;

/** Shows how far a run that is recorded is at its store. */
export function uploadProgress(terminal: Terminal): (progress: UploadProgress) => void {
  let loggedAtMs = performance.now();
  return (progress) => {
    const text = `recorded; ${uploadText(progress)}`;
    terminal.status(text);
    if (terminal.json) terminal.printJson({ event: "uploading", ...progress });
    else if (!terminal.isInteractive && performance.now() - loggedAtMs >= logEveryMs) {
      loggedAtMs = performance.now();
      terminal.log(text);
    }
  };
}
