import { spawn } from "node:child_process";
import { Socket } from "node:net";

/**
 * Waits at a pipe whose other end only this process holds. A line means that all is well; without one the pipe was
 * closed by the death of its holder, and the group is ended: a program that writes nothing would not notice by itself.
 */
const program = 'read -r line || { kill -s TERM -- "-$0"; sleep 1; kill -s KILL -- "-$0"; }';

/**
 * Ends a process group when this process is gone, also by SIGKILL, which it cannot answer itself. Returns what calls the
 * watchdog off. Where no shell can be started there is no watchdog.
 */
export function watchOver(group: number): () => void {
  // A session of its own: it must outlive Ctrl-C in the terminal, and whoever kills the group of this process.
  const child = spawn("/bin/sh", ["-c", program, String(group)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const { stdin } = child;
  child.on("error", () => {});
  stdin.on("error", () => {});
  child.unref();
  if (stdin instanceof Socket) stdin.unref();
  return () => stdin.end("over\n");
}
