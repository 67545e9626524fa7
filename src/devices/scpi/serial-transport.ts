import { DaqError, systemCode } from "../../model/errors.ts";
import { abortable } from "./abortable.ts";
import type { SerialLine } from "./description.ts";
import type { OpenTransport } from "./transport.ts";

/** The package is optional: it is loaded when a serial port is opened. */
async function loadSerialPort() {
  try {
    return (await import("serialport")).SerialPort;
  } catch (cause) {
    if (systemCode(cause) !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new DaqError("device", "Serial ports need the package serialport, which is not installed.", {
      hint: "Install it beside daq-storage: npm install serialport@13.0.0",
      cause,
    });
  }
}

export function serialTransport(id: string, path: string, line: SerialLine): OpenTransport {
  return async ({ onBytes, onEnd }, signal) => {
    const SerialPort = await loadSerialPort();
    signal.throwIfAborted();
    const port = new SerialPort({
      path,
      baudRate: line.baud,
      dataBits: line.dataBits,
      stopBits: line.stopBits,
      parity: line.parity,
      xon: line.flowControl === "xon-xoff",
      xoff: line.flowControl === "xon-xoff",
      rtscts: line.flowControl === "rts-cts",
      autoOpen: false,
    });
    await new Promise<void>((resolve, reject) => {
      port.open((error) => (error ? reject(portError(id, path, error)) : resolve()));
    });
    let closing = false;
    let cause: unknown;
    port.on("data", onBytes);
    port.on("error", (error: Error) => {
      cause = error;
    });
    const gone = new AbortController();
    port.on("close", (error: unknown) => {
      if (!closing && !gone.signal.aborted) onEnd(error ?? cause);
      gone.abort(error ?? cause ?? new Error("The port was closed."));
    });
    const close = async () => {
      closing = true;
      if (gone.signal.aborted) return;
      // A port that is being closed already says so when it is done; only then may it be opened again.
      await new Promise<void>((resolve) => {
        gone.signal.addEventListener("abort", () => resolve(), { once: true });
        if (port.isOpen) port.close(() => resolve());
      });
    };
    if (signal.aborted) {
      await close();
      throw signal.reason;
    }
    return {
      place: path,
      resynchroniseBy: "draining",
      // The package keeps a write that finds the port closed until it is opened again, which nobody does here.
      write: (bytes) =>
        abortable(
          gone.signal,
          () =>
            new Promise((resolve, reject) => {
              port.write(Buffer.from(bytes), (error) => {
                if (error) reject(error);
                else port.drain((failure) => (failure ? reject(failure) : resolve()));
              });
            }),
        ),
      close,
    };
  };
}

/** serialport gives the system's words in its message, not its code. */
function portError(id: string, path: string, cause: Error): DaqError {
  const where = `Device "${id}": ${path}`;
  if (/No such file|ENOENT|cannot open|no such device/i.test(cause.message))
    return new DaqError("device", `${where}: there is no such port.`, {
      hint: "Plug the instrument in; /dev/serial/by-id names the ports that there are.",
      cause,
    });
  if (/permission|EACCES/i.test(cause.message))
    return new DaqError("device", `${where}: permission denied.`, {
      hint: "Add yourself to the port's group, on most systems with: sudo usermod -aG dialout $USER, then log in again.",
      cause,
    });
  if (/lock|EBUSY|temporarily unavailable|busy/i.test(cause.message))
    return new DaqError("device", `${where}: another program has the port open.`, {
      hint: "Close it there: a port talks to one program at a time.",
      cause,
    });
  return new DaqError("device", `${where}: opening the port failed: ${cause.message}`, {
    hint: "Check the port and the settings of its line.",
    cause,
  });
}
