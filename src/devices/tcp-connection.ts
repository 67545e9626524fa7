import { connect, type Socket } from "node:net";
import { DaqError, systemCode } from "../model/errors.ts";
import type { Clock } from "./contract.ts";

export type ConnectionOptions = {
  /** The device, for messages. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/** Resolves to undefined when `signal` aborts first. Throws `DaqError("device")`. */
export async function openConnection(options: ConnectionOptions): Promise<Socket | undefined> {
  const { id, host, port, timeoutMs, clock, signal } = options;
  const socket = connect({ host, port });
  const over = new AbortController();
  const waitSignal = AbortSignal.any([over.signal, signal]);
  const connected = new Promise<"connected">((resolve, reject) => {
    socket.once("connect", () => resolve("connected"));
    socket.once("error", reject);
  });
  try {
    const outcome = await Promise.race([connected, clock.sleep(timeoutMs, waitSignal)]);
    if (outcome === "connected" && !signal.aborted) return socket;
    socket.on("error", () => {});
    socket.destroy();
    connected.catch(() => {});
    if (signal.aborted) return undefined;
    throw new DaqError("device", `Device "${id}": ${host}:${port} did not answer within ${timeoutMs} ms.`, {
      hint: "Check that the instrument is on and the address is right, or raise connect_timeout_ms.",
    });
  } catch (cause) {
    throw connectionError(options, cause);
  } finally {
    over.abort();
  }
}

/** What a failed connection means to the person at the instrument. */
export function connectionError({ id, host, port }: ConnectionOptions, cause: unknown): DaqError {
  if (cause instanceof DaqError) return cause;
  const where = `Device "${id}": ${host}:${port}`;
  switch (systemCode(cause)) {
    case "ECONNREFUSED":
      return new DaqError("device", `${where} refused the connection: nothing listens there.`, {
        hint: "Start the instrument's server, or correct host and port.",
        cause,
      });
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new DaqError("device", `${where}: the name of the host is not known.`, {
        hint: "Correct host, or use the address in numbers.",
        cause,
      });
    case "ECONNRESET":
    case "EPIPE":
      return new DaqError("device", `${where} broke off the connection.`, {
        hint: "What came before is stored. Look for the reason at the instrument, then record again.",
        cause,
      });
    default: {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return new DaqError("device", `${where}: the connection failed: ${reason}`, {
        hint: "Check the network between here and the instrument.",
        cause,
      });
    }
  }
}
