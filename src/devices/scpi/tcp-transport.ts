import { once } from "node:events";
import type { Clock } from "../contract.ts";
import { openConnection } from "../tcp-connection.ts";
import type { OpenTransport } from "./transport.ts";

export type TcpAddress = { readonly host: string; readonly port: number };

export function tcpTransport(
  id: string,
  { host, port }: TcpAddress,
  timeoutMs: number,
  clock: Clock,
): OpenTransport {
  return async ({ onBytes, onEnd }, signal) => {
    const socket = await openConnection({ id, host, port, timeoutMs, clock, signal });
    if (socket === undefined) throw signal.reason;
    socket.setNoDelay(true);
    // An instrument that lost its power never says so; probes find out.
    socket.setKeepAlive(true, 10_000);
    let closing = false;
    let cause: unknown;
    socket.on("data", onBytes);
    socket.on("error", (error) => {
      cause = error;
    });
    socket.on("close", () => {
      if (!closing) onEnd(cause);
    });
    return {
      place: `${host}:${port}`,
      resynchroniseBy: "reconnecting",
      write: (bytes) =>
        new Promise((resolve, reject) => {
          socket.write(bytes, (error) => (error ? reject(error) : resolve()));
        }),
      async close() {
        closing = true;
        if (socket.closed) return;
        const closed = once(socket, "close");
        socket.destroy();
        await closed;
      },
    };
  };
}
