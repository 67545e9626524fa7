/**
 * Long loops: `npm run soak -- NAME [--loops N]`; without a name it lists them. CI runs a short version of each. Some have
 * further options, which their own files explain.
 */
import { parseArgs } from "node:util";

type Soak = (
  loops: number,
  log: (line: string) => void,
  options: { readonly [name: string]: string | undefined },
) => Promise<void>;

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
  "kill-scan": {
    what: "kill -9 of a grid scan, and of what takes it up again, at random moments; then it is compared",
    loops: 100,
    load: async () => (await import("./kill-scan.ts")).killScan,
  },
  "kill-hdf5": {
    what: "kill -9 of both; h5py reads the HDF5 file as it lies there, and after recover (PYTHON with h5py)",
    loops: 200,
    load: async () => (await import("./kill-hdf5.ts")).killHdf5,
  },
  "kill-parquet": {
    what: "kill -9 of a Parquet writer; recover and resume; pyarrow reads both, where PYTHON has it",
    loops: 200,
    load: async () => (await import("./kill-parquet.ts")).killParquet,
  },
  "swmr-readers": {
    what: "5 h5py readers follow 200,000 records while they are written (PYTHON with h5py)",
    loops: 4,
    load: async () => (await import("./swmr-readers.ts")).swmrReaders,
  },
  "hdf5-20gb": {
    what: "a camera as fast as it goes, [--gb 20] [--formats hdf5,arrow] [--compression none]",
    loops: 1,
    load: async () => (await import("./hdf5-20gb.ts")).recordGigabytes,
  },
};

const options = {
  loops: { type: "string" },
  gb: { type: "string" },
  formats: { type: "string" },
  compression: { type: "string" },
  help: { type: "boolean" },
} as const;

function list(print: (line: string) => void): void {
  print("npm run soak -- NAME [--loops N]");
  for (const [name, { what, loops }] of Object.entries(soaks))
    print(`  ${name.padEnd(18)} ${what} (${loops} loops)`);
}

/** Exit code 2: nothing was run. */
function refuse(why: string): never {
  console.error(why);
  list(console.error);
  process.exit(2);
}

function parsed() {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    return refuse((error as Error).message);
  }
}

const {
  values: { help, ...values },
  positionals: [name, ...others],
} = parsed();
if (name === undefined || help) list(console.log);
else {
  const soak = Object.hasOwn(soaks, name) ? soaks[name] : undefined;
  if (soak === undefined) refuse(`There is no soak "${name}".`);
  if (others.length > 0) refuse(`One soak at a time: "${others.join(" ")}" is too much.`);
  const loops = Number(values.loops ?? soak.loops);
  if (!Number.isSafeInteger(loops) || loops < 1) refuse(`--loops ${values.loops} is not a number from 1 on.`);
  const started = performance.now();
  await (await soak.load())(loops, (line) => console.log(line), values);
  console.log(`${name}: ${loops} loops passed in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}
