import { DaqError } from "../model/errors.ts";

export const storeSchemes = ["s3", "az", "gs"] as const;
export type StoreScheme = (typeof storeSchemes)[number];

export type StoreUrl =
  | { readonly kind: "folder"; readonly path: string }
  | {
      readonly kind: StoreScheme;
      /** The bucket; Azure calls it a container. */
      readonly bucket: string;
      /** "" or names joined by "/", without one at either end. */
      readonly prefix: string;
      /** Azure only, where the URL names it: `az://account.blob.core.windows.net/container`. */
      readonly accountHost: string | undefined;
    };

/** What other programs call the same. */
const otherSpellings: Record<string, StoreScheme | "file"> = {
  s3a: "s3",
  s3n: "s3",
  aws: "s3",
  minio: "s3",
  azure: "az",
  azblob: "az",
  abfs: "az",
  abfss: "az",
  wasb: "az",
  wasbs: "az",
  adl: "az",
  gcs: "gs",
  google: "gs",
  gcp: "gs",
};

const example =
  "Write s3://bucket/prefix, az://container/prefix, gs://bucket/prefix, or the path of a folder.";

/** Whether the text is meant as an address and not as a path: `s3://…`, and wrong spellings such as `S3:/…`. */
export function isStoreUrl(text: string): boolean {
  const [, scheme = ""] = /^([A-Za-z][A-Za-z0-9+.-]*):\//.exec(text) ?? [];
  // One letter is a drive of Windows.
  return scheme.length > 1 && scheme.toLowerCase() !== "file";
}

/** Throws `DaqError("config")` that names the right spelling. */
export function parseStoreUrl(text: string): StoreUrl {
  if (text.includes("\0") || text === "") throw wrong(text, "it is empty, or has a NUL in it", example);
  if (/^file:\/\//i.test(text)) return { kind: "folder", path: decodeURIComponent(new URL(text).pathname) };
  if (!isStoreUrl(text)) return { kind: "folder", path: text };
  const [, scheme = "", slashes = "", rest = ""] = /^([^:]+):(\/+)(.*)$/s.exec(text) ?? [];
  const kind = schemeOf(scheme);
  if (kind === undefined) throw wrong(text, `there is no "${scheme}://"`, nearest(scheme, rest));
  if (scheme !== kind || slashes !== "//") throw wrong(text, "it is misspelt", `Write ${kind}://${rest}`);
  if (/[?#]/.test(rest) && kind === "az" && /[?&]sig=/.test(rest))
    throw wrong(
      "az://…",
      "it has a signature in it",
      "Put AZURE_STORAGE_CONNECTION_STRING into the environment.",
    );
  return parseRest(text, kind, rest);
}

function parseRest(text: string, kind: StoreScheme, rest: string): StoreUrl {
  const [first = "", ...others] = rest.split("/");
  if (first.includes("@"))
    throw wrong(
      `${kind}://…`,
      'it has an "@" in it',
      "Credentials are never a part of an address; docs/cloud.md.",
    );
  const isHost = kind === "az" && first.includes(".");
  const bucket = isHost ? (others.shift() ?? "") : first;
  if (bucket === "") throw wrong(text, `the ${kind === "az" ? "container" : "bucket"} is missing`, example);
  if (!/^[A-Za-z0-9$][A-Za-z0-9._-]*$/.test(bucket))
    throw wrong(text, `"${bucket}" is no name of a bucket`, "Names have letters, digits, dots and hyphens.");
  if (others.at(-1) === "") others.pop();
  if (others.some((part) => part === "" || part === "." || part === ".."))
    throw wrong(text, 'its prefix has an empty name, "." or ".." in it', example);
  return { kind, bucket, prefix: others.join("/"), accountHost: isHost ? first : undefined };
}

function schemeOf(scheme: string): StoreScheme | undefined {
  const plain = scheme.toLowerCase();
  return storeSchemes.find((known) => known === plain);
}

function nearest(scheme: string, rest: string): string {
  const other = otherSpellings[scheme.toLowerCase()];
  if (other !== undefined) return `Did you mean ${other}://${rest}?`;
  if (/^https?$/i.test(scheme))
    return "Write s3://bucket/prefix and put the server's address into AWS_ENDPOINT_URL; docs/cloud.md.";
  return example;
}

function wrong(text: string, why: string, hint: string): DaqError {
  return new DaqError("config", `${text} is not the address of a store: ${why}.`, { hint });
}
