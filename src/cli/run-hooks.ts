import type { RunHooks } from "../run/run-contract.ts";
import type { Terminal } from "./terminal.ts";
import { uploadProgress } from "./upload-progress.ts";

/** What is said of a recording that goes on. `stops` is what Ctrl-C does. */
export function runHooks(terminal: Terminal, stops: string): RunHooks {
  return {
    onWarning: (message) => {
      if (terminal.json) terminal.printJson({ event: "warning", message });
      terminal.warn(message);
    },
    onNotice: (message) => {
      if (terminal.json) terminal.printJson({ event: "notice", message });
      terminal.log(`note: ${message}`);
    },
    onUploading: uploadProgress(terminal),
    onStart: ({ runUid, ringPath, recorder, recorderPid, files, target }) => {
      const store = target === undefined ? "" : ` and from there to ${target},`;
      if (terminal.json)
        terminal.printJson({
          event: "started",
          runUid,
          ringPath,
          indexPath: recorder.indexPath,
          recorderPid,
          files,
          outputs: recorder.outputs,
          ...(target === undefined ? {} : { target }),
        });
      else
        terminal.log(`Recording to ${files.join(", ")}${store} through ring ${ringPath}; Ctrl-C ${stops}.`);
    },
  };
}
