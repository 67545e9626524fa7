/** Long loops: `npm run soak -- NAME [--loops N]`; without a name it lists them. CI runs a short version of each. */
import { parseArgs } from "node:util";

type Soak = (loops: number, log: (line: string) => void) => Promise<void>;

const soaks: Record<
  string,
  { readonly what: string; readonly loops: number; readonly load: () => Promise<Soak> }
> = {
  "kill-recorder": {
    what: "kill -9 of the recorder at random moments",
    loops: 100,
    load: async () => (await import("./kill-recorder.ts")).killRecorder,
  },
  "kill-acquisition": {
    what: "kill -9 of the acquisition at random moments",
    loops: 100,
    load: async () => (await import("./kill-acquisition.ts")).killAcquisition,
  },
  "kill-both": {
    what: "kill -9 of both, then recover",
    loops: 100,
    load: async () => (await import("./kill-both.ts")).killBoth,
  },
};

const { values, positionals } = parseArgs({ options: { loops: { type: "string" } }, allowPositionals: true });
const [name] = positionals;
const soak = name === undefined ? undefined : soaks[name];
if (soak === undefined) {
  for (const [known, { what, loops }] of Object.entries(soaks))
    console.log(`${known.padEnd(18)} ${what} (${loops} loops)`);
  process.exitCode = name === undefined ? 0 : 2;
} else {
  const loops = values.loops === undefined ? soak.loops : Number(values.loops);
  const started = performance.now();
  await (await soak.load())(loops, (line) => console.log(line));
  console.log(`${name}: ${loops} loops passed in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}
