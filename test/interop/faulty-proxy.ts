import { connect, createServer, type Socket } from "node:net";

/** What happens to one connection: after so many bytes of the request, or of the answer. */
export type ConnectionFault =
  /** Both ends are cut. */
  | { readonly kind: "break"; readonly afterRequestBytes: number }
  /** The request arrives, and a part of the answer. */
  | { readonly kind: "break answer"; readonly afterAnswerBytes: number }
  /** The request arrives, and nothing of the answer; `method`: the first of that method on the connection. */
  | { readonly kind: "lose answer"; readonly method?: string }
  /** Nothing moves any more. */
  | { readonly kind: "stall"; readonly afterRequestBytes: number }
  /** The server is too busy. */
  | { readonly kind: "busy" };

export type FaultyProxy = {
  readonly port: number;
  /** Asked for each connection. */
  faultOf: () => ConnectionFault | undefined;
  /** False: connections are refused, those that are open are cut. */
  isUp: boolean;
  /** Faults that were done. */
  faults: number;
  close(): Promise<void>;
};

/** Stands before a server and does to connections what networks do. */
export async function startFaultyProxy(serverPort: number): Promise<FaultyProxy> {
  const sockets = new Set<Socket>();
  let isUp = true;
  const server = createServer((client) => {
    sockets.add(client);
    client.on("close", () => sockets.delete(client));
    client.on("error", () => {});
    if (!isUp) client.destroy();
    else serve(client, proxy);
  });
  const serve = (client: Socket, { faultOf }: FaultyProxy): void => {
    const fault = faultOf();
    if (fault !== undefined) proxy.faults++;
    if (fault?.kind === "busy") {
      client.once("data", () =>
        client.end("HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
      );
      return;
    }
    const upstream = connect(serverPort, "127.0.0.1");
    sockets.add(upstream);
    upstream.on("error", () => client.destroy());
    client.on("error", () => upstream.destroy());
    upstream.on("close", () => {
      sockets.delete(upstream);
      client.destroy();
    });
    client.on("close", () => upstream.destroy());
    let requestBytes = 0;
    let isLosing = false;
    client.on("data", (bytes) => {
      requestBytes += bytes.byteLength;
      const isMeant =
        fault?.kind === "lose answer" && bytes.toString("latin1", 0, 20).startsWith(fault.method ?? "");
      isLosing ||= isMeant;
      const isOver =
        fault !== undefined && "afterRequestBytes" in fault && requestBytes > fault.afterRequestBytes;
      if (isOver && fault.kind === "break") client.destroy();
      else if (!isOver) upstream.write(bytes);
    });
    let answerBytes = 0;
    upstream.on("data", (bytes) => {
      answerBytes += bytes.byteLength;
      if (isLosing) client.destroy();
      else if (fault?.kind === "break answer" && answerBytes > fault.afterAnswerBytes) {
        client.write(bytes.subarray(0, bytes.byteLength - (answerBytes - fault.afterAnswerBytes)), () =>
          client.destroy(),
        );
      } else if (fault?.kind !== "stall" || requestBytes <= fault.afterRequestBytes) client.write(bytes);
    });
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const proxy: FaultyProxy = {
    port,
    faultOf: () => undefined,
    faults: 0,
    get isUp() {
      return isUp;
    },
    set isUp(value) {
      isUp = value;
      if (!isUp) for (const socket of sockets) socket.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
  return proxy;
}
