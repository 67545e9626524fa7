import { cpus, release, totalmem } from "node:os";

/** One line about where figures come from. */
export function machineLine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "unknown processor";
  const gibibytes = (totalmem() / 2 ** 30).toFixed(0);
  return `Node ${process.versions.node} on ${process.platform} ${release()}, ${processors.length} × ${model}, ${gibibytes} GiB`;
}
