import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export type LoopbackServer = { readonly port: number; readonly stop: () => Promise<void> };

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a program and waits until it accepts connections; rejects with what it said when it ends or does not begin to. */
export async function startServer(
  command: string,
  args: readonly string[],
  port: number,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<LoopbackServer> {
  const server = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: environment });
  let said = "";
  for (const stream of [server.stdout, server.stderr])
    stream.on("data", (text) => {
      said = (said + text).slice(-4000);
    });
  const ended = new Promise<void>((resolve) => server.once("close", () => resolve()));
  server.once("error", (error) => {
    said += error.message;
  });
  const stop = async (): Promise<void> => {
    server.kill("SIGKILL");
    await ended;
  };
  const killWithUs = (): void => void server.kill("SIGKILL");
  process.once("exit", killWithUs);
  void ended.then(() => process.removeListener("exit", killWithUs));
  const giveUpAt = performance.now() + 60_000;
  while (!(await accepts(port))) {
    if (server.exitCode !== null || server.pid === undefined || performance.now() > giveUpAt) {
      await stop();
      throw new Error(`${command} ${args.join(" ")} does not run: ${said}`);
    }
    await sleep(50);
  }
  return { port, stop };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
