import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { OpenSink } from "../../bytes/byte-sink.ts";
import { systemCode, writeError } from "../../model/errors.ts";
import { parseSidecar, type Sidecar, sidecarPath, sidecarText } from "./sidecar.ts";

/**
 * Writes the sidecar of the CSV file `path` under another name and then renames it, so that there is always a whole
 * one. `durable`: it survives the death of the machine.
 */
export async function writeSidecar(
  path: string,
  sidecar: Sidecar,
  openSink: OpenSink,
  durable: boolean,
): Promise<void> {
  const target = sidecarPath(path);
  const temporary = `${target}.part`;
  try {
    // One that a crash left behind; each CSV file has one writer.
    await rm(temporary, { force: true });
    const sink = await openSink(temporary);
    try {
      await sink.write(Buffer.from(sidecarText(path, sidecar)));
      if (durable) await sink.flush();
    } finally {
      await sink.close();
    }
    await rename(temporary, target);
    if (durable) await flushFolder(dirname(target));
  } catch (error) {
    await rm(temporary, { force: true });
    throw writeError(target, error);
  }
}

/** Makes new names in a folder survive the death of the machine. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The sidecar of the CSV file `path`, or undefined when there is none. Throws `DaqError("format")` for a damaged one. */
export async function readSidecar(path: string): Promise<Sidecar | undefined> {
  const source = sidecarPath(path);
  let text: string;
  try {
    text = await readFile(source, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
  return parseSidecar(source, text);
}
