import { nearestName } from "../toml/nearest-name.ts";

/** Stores that an output path can name, by the scheme of their URLs. */
const outputSchemes = ["s3", "az", "gs"] as const;

export type OutputUrl = {
  readonly scheme: (typeof outputSchemes)[number];
  /** The bucket, or what the store has in its place. */
  readonly bucket: string;
  /** Behind the bucket; never begins with "/". */
  readonly path: string;
};

/** The parts of a template that names a store; undefined for a path on this machine. */
export function outputUrlOf(template: string): OutputUrl | undefined {
  const [, scheme, bucket, path] = /^(s3|az|gs):\/\/([^/]*)\/?(.*)$/s.exec(template) ?? [];
  return scheme === undefined
    ? undefined
    : { scheme: scheme as OutputUrl["scheme"], bucket: bucket!, path: path! };
}

/** Where the files of a run go on this machine: for a store, the same names below the spool's folder. */
export function localTemplate(template: string, spoolPath: string): string {
  const url = outputUrlOf(template);
  if (url === undefined) return template;
  return `${spoolPath.replace(/\/+$/, "") || "/"}/${url.scheme}/${url.bucket}/${url.path}`;
}

const expected = "expected a path on this machine, s3://bucket/…, az://… or gs://bucket/…";

/** What is wrong with a template that looks like a URL, or undefined. */
export function outputUrlProblem(template: string): string | undefined {
  const [, written, slashes, rest] = /^([a-z][a-z0-9+.-]*):(\/*)(.*)$/is.exec(template) ?? [];
  if (written === undefined || slashes === undefined || rest === undefined) return undefined;
  const scheme = written.toLowerCase();
  const isKnown = (outputSchemes as readonly string[]).includes(scheme);
  // "C:", or a colon somewhere in a name.
  if (!isKnown && slashes.length < 2) return undefined;
  if (isKnown && (written !== scheme || slashes.length !== 2))
    return rest === "" ? `${expected}, found ${template}` : `did you mean ${scheme}://${rest}?`;
  if (scheme === "file") return `write the path alone: ${rest.startsWith("/") ? rest : `/${rest}`}`;
  if (!isKnown) {
    const nearest = nearestName(scheme, outputSchemes);
    const meant = nearest === undefined ? "" : `did you mean ${nearest}://${rest}? `;
    const endpoint = scheme.startsWith("http")
      ? "; the address of a server of your own belongs into the environment (AWS_ENDPOINT_URL)"
      : "";
    return `${meant}${written}:// is no store; ${expected}${endpoint}`;
  }
  return knownUrlProblem(outputUrlOf(template)!);
}

function knownUrlProblem({ scheme, bucket, path }: OutputUrl): string | undefined {
  if (bucket.includes("@") || /[?&](sig|token|X-Amz-[\w-]+)=/i.test(path))
    return "credentials do not belong into a URL; set them where the store's own tools look for them (docs/cloud.md)";
  if (bucket === "") return `the name of a bucket is missing behind ${scheme}://`;
  if (/[{}]/.test(bucket)) return "the bucket cannot be a placeholder; write its name";
  if (path === "")
    return `this is a bucket; expected the path of a file in it, such as ${scheme}://${bucket}/{experiment}_v{version}.zarr`;
  if (
    path
      .split("/")
      .slice(0, -1)
      .some((part) => part === "" || part === "." || part === "..")
  )
    return 'a part of the path is empty, "." or ".."; stores have no such folders';
  return undefined;
}
