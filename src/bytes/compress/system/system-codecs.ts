import { LibraryMissingError } from "./foreign-library.ts";
import { openIsal } from "./isal.ts";
import { openLibdeflate } from "./libdeflate.ts";
import { openLibzstd } from "./libzstd.ts";
import { testCrc32, testDeflate, testZstd } from "./self-test.ts";
import type { SystemEngine } from "./system-engine.ts";

/** A library of the operating system that is faster than what comes with the package. */
export type SystemCodecName = "isal" | "libdeflate" | "libzstd";

export type SystemCodecState =
  | { readonly state: "used"; readonly version?: string }
  /** `DAQ_SYSTEM_CODECS=off`. */
  | { readonly state: "off" }
  | { readonly state: "not-installed" }
  /** It is there, and not used because of what the self-test found. */
  | { readonly state: "refused"; readonly reason: string };

type Definition = {
  readonly soname: string;
  /** Debian's name, for `apt-get install`. */
  readonly package: string;
  readonly open: () => SystemEngine;
  readonly test: (engine: SystemEngine) => void;
};

export const systemCodecs: { readonly [Name in SystemCodecName]: Definition } = {
  isal: {
    soname: "libisal.so.2",
    package: "libisal2",
    open: openIsal,
    test: (engine) => {
      testDeflate(engine, [1, 2, 3]);
      testCrc32(engine);
    },
  },
  libdeflate: {
    soname: "libdeflate.so.0",
    package: "libdeflate0",
    open: openLibdeflate,
    test: (engine) => testDeflate(engine, [6, 9]),
  },
  libzstd: {
    soname: "libzstd.so.1",
    package: "libzstd1",
    open: openLibzstd,
    test: (engine) => testZstd(engine, [1, 3]),
  },
};

type Opened = { readonly engine?: SystemEngine; readonly state: SystemCodecState };

const opened = new Map<SystemCodecName, Opened>();

/** Each thread opens and tests a library when it first needs it. */
function opening(name: SystemCodecName): Opened {
  if (process.env.DAQ_SYSTEM_CODECS === "off") return { state: { state: "off" } };
  const definition = systemCodecs[name];
  let engine: SystemEngine;
  try {
    engine = definition.open();
    definition.test(engine);
  } catch (error) {
    if (error instanceof LibraryMissingError) return { state: { state: "not-installed" } };
    return { state: { state: "refused", reason: error instanceof Error ? error.message : String(error) } };
  }
  const { version } = engine;
  return { engine, state: { state: "used", ...(version === undefined ? {} : { version }) } };
}

function openedCodec(name: SystemCodecName): Opened {
  let known = opened.get(name);
  if (known === undefined) {
    known = opening(name);
    opened.set(name, known);
  }
  return known;
}

/** Undefined where the library is not installed, switched off, or failed its self-test. */
export function systemEngine(name: SystemCodecName): SystemEngine | undefined {
  return openedCodec(name).engine;
}

export function systemCodecState(name: SystemCodecName): SystemCodecState {
  return openedCodec(name).state;
}
