import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { SimulatedInstrument } from "./simulated-instrument.ts";

export type ServedInstrument = { readonly port: number; readonly stop: () => void };

/** Puts an instrument on a TCP port. */
export async function serveInstrument(instrument: SimulatedInstrument, port = 0): Promise<ServedInstrument> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setEncoding("utf8");
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    const take = instrument.connect({
      send: (text) => {
        if (!socket.destroyed) socket.write(text);
      },
      hangUp: () => socket.destroy(),
    });
    socket.on("data", (text: string) => take(text));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
