import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { delimiter, join } from "node:path";

export type Ended = {
  readonly command: string;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** Runs a program to its end, without standard input; `path` is its PATH. */
export function run(
  program: string,
  args: readonly string[],
  { cwd, path = process.env.PATH }: { readonly cwd: string; readonly path?: string | undefined },
): Ended {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    // Of npm, which runs this, nothing must reach the programs: not its folder, not its flags.
    env: { ...withoutNpm(process.env), PATH: path },
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    timeout: 300_000,
  });
  if (error !== undefined) throw error;
  return { command: [program, ...args].join(" "), code: status, stdout, stderr };
}

function withoutNpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const passed = /^npm_config_(registry|cache|userconfig|.*proxy|cafile)$/i;
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^npm_/i.test(name) || passed.test(name)),
  );
}

/** The same, when it ended with this exit code; throws with all that it said otherwise. */
export function exactly(code: number, ended: Ended): Ended {
  const { command, stdout, stderr } = ended;
  assert.equal(
    ended.code,
    code,
    `${command}: exit code ${ended.code}, expected ${code}\n${stdout}\n${stderr}`,
  );
  return ended;
}

/** The first `node` on the PATH that is not in a folder of this name: the system's own. */
export function nodeOutside(
  folder: string,
): { readonly program: string; readonly version: string; readonly major: number } | undefined {
  for (const place of (process.env.PATH ?? "").split(delimiter)) {
    const program = join(place, "node");
    if (place === "" || !existsSync(program) || realpathSync(program).includes(`/${folder}/`)) continue;
    const version = exactly(0, run(program, ["--version"], { cwd: "/" })).stdout.trim();
    return { program, version, major: Number(/^v(\d+)/.exec(version)?.[1]) };
  }
  return undefined;
}
