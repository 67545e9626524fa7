import { existsSync, statfsSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { dirname, resolve } from "node:path";
import { folderAbility } from "../../bytes/folder-ability.ts";
import { systemCode } from "../../model/errors.ts";
import { gigabytes } from "../../run/disk-space.ts";
import type { Finding } from "./finding.ts";

const leastNode = 24;
/** A ring of the default size, and its recorder's. */
const leastRingBytes = 600e6;

export function nodeFinding(version = process.versions.node): Finding {
  const isNew = Number(version.split(".")[0]) >= leastNode;
  const value = `${version} on ${process.platform} ${process.arch}`;
  if (isNew) return { name: "Node.js", state: "ok", value };
  return { name: "Node.js", state: "failed", value, hint: `Install Node.js ${leastNode} or newer.` };
}

export function processorFinding(): Finding {
  const processors = cpus();
  const usable = availableParallelism();
  const model = processors[0]?.model.trim() ?? "unknown model";
  const value = `${usable} usable of ${processors.length} (${model}), ${gigabytes(totalmem())} of memory`;
  if (usable > 1) return { name: "processors", state: "ok", value };
  const hint = "Acquisition, recorder and compression share one processor; give the process two or more.";
  return { name: "processors", state: "slow", value, hint };
}

function freeText(path: string): string {
  const { bavail, blocks, bsize } = statfsSync(path);
  return `${gigabytes(bavail * bsize)} free of ${gigabytes(blocks * bsize)}`;
}

/** Where rings are made. */
export async function ringFolderFinding(folder = "/dev/shm"): Promise<Finding> {
  const name = folder;
  if (!existsSync(folder))
    return {
      name,
      state: "slow",
      value: "not there",
      hint: "Set ring_buffer.path to a folder on a memory file system.",
    };
  const ability = await folderAbility(folder);
  if (!ability.isWritable)
    return {
      name,
      state: "failed",
      value: `cannot be written (${ability.reason})`,
      hint: "Set ring_buffer.path to a folder on a memory file system that you may write to.",
    };
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= leastRingBytes) return { name, state: "ok", value: `writable, ${freeText(folder)}` };
  return {
    name,
    state: "slow",
    value: `writable, ${freeText(folder)}`,
    hint: "A ring of the default size needs more. Start the container with --shm-size=1g, or choose a smaller ring_buffer.size_mb.",
  };
}

/** Where data go: the folder, or the nearest one above it that is there. */
export async function dataFolderFinding(folder: string): Promise<Finding> {
  const name = "data folder";
  let path = resolve(folder);
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path);
  let space: string;
  try {
    space = freeText(path);
  } catch (error) {
    return {
      name,
      state: "failed",
      value: `${path}: ${systemCode(error) ?? String(error)}`,
      hint: "Check the path.",
    };
  }
  const ability = await folderAbility(path);
  if (!ability.isWritable)
    return {
      name,
      state: "failed",
      value: `${path} cannot be written (${ability.reason})`,
      hint: "Choose a folder that you may write to, in storage.output_path.",
    };
  const wanted = resolve(folder);
  const made = path === wanted ? "" : `${wanted} is not there yet; `;
  const value = `${made}${path}: writable, ${space}`;
  if (ability.directWrites) return { name, state: "ok", value: `${value}, direct writes` };
  return {
    name,
    state: "ok",
    value: `${value}, no direct writes (O_DIRECT)`,
    hint: "This file system takes data through the page cache only, which costs processor time at high rates.",
  };
}
