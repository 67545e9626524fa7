import { readFileSync } from "node:fs";

/** Of this package: what files say that they were written by. */
export function softwareVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
