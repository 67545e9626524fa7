import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { freePort, type LoopbackServer, startServer } from "./loopback-server.ts";

const program = resolve(import.meta.dirname, "../servers/node_modules/s3rver/bin/s3rver.js");

/** Undefined where it is installed; else why tests that need it are skipped. */
export const withoutS3rver = existsSync(program)
  ? undefined
  : "s3rver is not installed: npm ci --prefix test/servers";

/** What AWS's own tools look for. */
export function s3rverEnvironment(port: number): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: "S3RVER",
    AWS_SECRET_ACCESS_KEY: "S3RVER",
  };
}

/** A small S3 server in Node, which keeps objects in a folder. */
export async function startS3rver(folder: string, bucket: string): Promise<LoopbackServer> {
  const port = await freePort();
  const place = ["--address", "127.0.0.1", "--port", String(port), "--directory", folder];
  return startServer(process.execPath, [program, ...place, "--silent", "--configure-bucket", bucket], port);
}
