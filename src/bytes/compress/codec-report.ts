import {
  type SystemCodecName,
  type SystemCodecState,
  systemCodecState,
  systemCodecs,
} from "./system/system-codecs.ts";

export type SystemLibraryReport = SystemCodecState & {
  readonly name: SystemCodecName;
  readonly soname: string;
  /** Debian's and Ubuntu's package. */
  readonly package: string;
  /** What it does here. */
  readonly codec: string;
};

/** What the library is used for, and what does it without the library. */
const uses: { readonly [Name in SystemCodecName]: { readonly codec: string; readonly otherwise: string } } = {
  isal: { codec: "deflate 1–3", otherwise: "built-in deflate" },
  libdeflate: { codec: "deflate 6–9", otherwise: "Node's zlib" },
  libzstd: { codec: "zstd", otherwise: "Node's zlib" },
};

/** What does the work of a codec, and whether a library that is not used would do it faster. */
export type CodecReport = {
  readonly codec: string;
  readonly by: string;
  readonly library: SystemLibraryReport;
};

/** Which codecs are done by libraries of the system, in this thread. Loads and tests those that are installed. */
export function codecReport(): readonly CodecReport[] {
  return (Object.keys(systemCodecs) as SystemCodecName[]).map((name) => {
    const { soname, package: packageName } = systemCodecs[name];
    const { codec, otherwise } = uses[name];
    const state = systemCodecState(name);
    const library = { ...state, name, soname, package: packageName, codec };
    return { codec, by: state.state === "used" ? libraryText(library) : otherwise, library };
  });
}

function libraryText(library: SystemLibraryReport): string {
  const version = library.state === "used" && library.version !== undefined ? ` ${library.version}` : "";
  return `${library.name}${version} (${library.soname})`;
}
