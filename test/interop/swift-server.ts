import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { freePort, type LoopbackServer, startServer } from "./loopback-server.ts";

const programs = ["proxy", "account", "container", "object"].map((part) => `/usr/bin/swift-${part}-server`);

/** Undefined where it is installed; else why tests that need it are skipped. */
export const withoutSwift = [...programs, "/etc/swift/swift.conf"].every((path) => existsSync(path))
  ? undefined
  : "OpenStack Swift is not installed: apt-get install swift-proxy swift-account swift-container swift-object";

/** What AWS's own tools look for. */
export function swiftEnvironment(port: number): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: "lab:recorder",
    AWS_SECRET_ACCESS_KEY: "testing",
  };
}

/** OpenStack Swift with its S3 interface: the whole of it on one node, without services of the machine. */
export async function startSwift(): Promise<LoopbackServer> {
  // Swift keeps what it knows of an object in extended attributes, which not every tmpfs has.
  const folder = mkdtempSync(join(tmpdir(), "daq-swift-"));
  const servers: LoopbackServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    mkdirSync(join(folder, "devices", "disk"), { recursive: true });
    for (const part of ["account", "container", "object"] as const) {
      const port = await freePort();
      makeRing(folder, part, port);
      servers.push(await startPart(folder, part, port, storageServer(folder, part, port)));
    }
    const port = await freePort();
    servers.push(await startPart(folder, "proxy", port, proxyServer(folder, port)));
    return { port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startPart(folder: string, part: string, port: number, text: string): Promise<LoopbackServer> {
  const path = join(folder, `${part}.conf`);
  writeFileSync(path, text);
  return startServer(`/usr/bin/swift-${part}-server`, [path, "verbose"], port);
}

function makeRing(folder: string, part: string, port: number): void {
  const builder = join(folder, `${part}.builder`);
  for (const args of [
    ["create", "4", "1", "0"],
    ["add", `r1z1-127.0.0.1:${port}/disk`, "1"],
    ["rebalance"],
  ]) {
    const { status, stdout, stderr } = spawnSync("/usr/bin/swift-ring-builder", [builder, ...args]);
    if (status !== 0) throw new Error(`swift-ring-builder ${args.join(" ")}: ${stdout}${stderr}`);
  }
}

function common(folder: string, port: number): string {
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = ${userInfo().username}
swift_dir = ${folder}
devices = ${join(folder, "devices")}
mount_check = false
fallocate_reserve = 0
log_level = CRITICAL
log_address = /nowhere
`;
}

function storageServer(folder: string, part: string, port: number): string {
  return `${common(folder, port)}
[pipeline:main]
pipeline = ${part}-server
[app:${part}-server]
use = egg:swift#${part}
`;
}

function proxyServer(folder: string, port: number): string {
  return `${common(folder, port)}
[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats s3api tempauth slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:cache]
use = egg:swift#memcache
# Swift asks for one by name but does without: nothing listens there.
memcache_servers = 127.0.0.1:1
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
[filter:tempauth]
use = egg:swift#tempauth
user_lab_recorder = testing .admin
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
`;
}
