import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const python = process.env.PYTHON_BOTO3 ?? "/usr/bin/python3";

export type Hashes = Record<string, string>;

/** Undefined where boto3 is installed; else why tests that need it are skipped. */
export async function withoutBoto3(): Promise<string | undefined> {
  try {
    await run(python, ["-c", "import boto3"]);
    return undefined;
  } catch {
    return `${python} has no boto3`;
  }
}

/** All objects of the bucket `data` below a prefix as boto3 sees them; `folder`: and brings them there. */
export async function objectsBelow(port: number, prefix: string, folder?: string): Promise<Hashes> {
  const args = [join(import.meta.dirname, "s3_objects.py"), `http://127.0.0.1:${port}`, "data"];
  const { stdout } = await run(python, folder === undefined ? args : [...args, folder], {
    maxBuffer: 1 << 26,
  });
  const all = JSON.parse(stdout) as Hashes;
  return Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => key.startsWith(`${prefix}/`))
      .map(([key, hash]) => [key.slice(prefix.length + 1), hash]),
  );
}

/** What a run's folder has that belongs to its store. */
export function hashesIn(folder: string): Hashes {
  const names = readdirSync(folder, { recursive: true }) as string[];
  const files = names.filter(
    (name) => statSync(join(folder, name)).isFile() && !name.endsWith(".upload.jsonl"),
  );
  return Object.fromEntries(
    files.map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
    ]),
  );
}

/** Without the small object that says whose the names are. */
export function withoutMarker(found: Hashes): Hashes {
  return Object.fromEntries(Object.entries(found).filter(([key]) => !key.endsWith(".upload.json")));
}
