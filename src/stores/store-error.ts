import { DaqError, type ErrorCode } from "../model/errors.ts";

/** What a vendor's SDK told about a failed call, in words that all of them share. */
export type FailedCall = {
  /** The store's url, and the key where the call was about one. */
  readonly store: string;
  readonly key: string | undefined;
  /** "Writing", "Reading", "Listing". */
  readonly doing: string;
  /** The vendor's word ("SlowDown") or the system's ("ECONNRESET"). */
  readonly word: string | undefined;
  readonly httpStatus: number | undefined;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
};

/** A failed call of a cloud store. `retry`: the same call may work a little later. */
export class StoreError extends DaqError {
  readonly call: FailedCall;
  readonly retry: boolean;

  constructor(call: FailedCall) {
    const { code, retry, hint } = judged(call);
    const place = call.key === undefined ? call.store : `${call.store}/${call.key}`;
    super(code, `${call.doing} ${place} failed: ${reasonOf(call)}`, {
      hint,
      // Not the SDK's own error: it holds the request with its authorization.
      cause: Object.assign(new Error(shown(call.message)), { code: call.word }),
    });
    this.call = call;
    this.retry = retry;
  }

  /** The same failure, after these tries. */
  after(tries: number, seconds: number): DaqError {
    if (tries === 1) return this;
    return new DaqError(this.code, `${this.message} (${tries} tries in ${seconds.toFixed(0)} s)`, {
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      cause: this.cause,
    });
  }
}

type Judgement = { readonly code: ErrorCode; readonly retry: boolean; readonly hint: string };

const noBucket: readonly string[] = ["NoSuchBucket", "ContainerNotFound"];
const noCredentials = /credential|could not load|AuthenticationError|AuthenticationRequired/i;
const busy: readonly (number | undefined)[] = [408, 409, 425, 429, 500, 502, 503, 504];
const busyWords: readonly string[] = ["SlowDown", "RequestTimeout", "InternalError", "ServerBusy"];
/** What arrived is not what was sent. */
const damaged: readonly string[] = ["BadDigest", "Md5Mismatch", "XAmzContentChecksumMismatch"];
const broken: readonly string[] = [
  "ECONNRESET",
  "ECONNREFUSED",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ENETDOWN",
  "EAI_AGAIN",
  "ENOTFOUND",
  "UND_ERR_SOCKET",
  "ERR_STREAM_PREMATURE_CLOSE",
  "TimeoutError",
];

function judged({ word = "", httpStatus, message, store }: FailedCall): Judgement {
  if (noBucket.includes(word) || (httpStatus === 404 && /bucket|container/i.test(message)))
    return { code: "config", retry: false, hint: `Check the name in ${store}, or create it first.` };
  if (word === "PermanentRedirect" || word === "AuthorizationHeaderMalformed" || httpStatus === 301)
    return { code: "config", retry: false, hint: "The bucket is in another region: set AWS_REGION to it." };
  // AWS's package takes the server's time for the next attempt.
  if (word === "RequestTimeTooSkewed")
    return { code: "config", retry: true, hint: "The clock of this machine is wrong: set it." };
  if (httpStatus === 401 || httpStatus === 403)
    return {
      code: "config",
      retry: false,
      hint: "Check that these credentials may list, read, write and delete there, and the clock of this machine.",
    };
  if (busy.includes(httpStatus) || busyWords.includes(word))
    return { code: "io", retry: true, hint: "The store is overloaded or out of order: try again later." };
  if (damaged.includes(word))
    return { code: "io", retry: true, hint: "Something between here and the store changes what is sent." };
  const unreachable = {
    code: "io",
    retry: true,
    hint: "Check the network, and the store's endpoint.",
  } as const;
  if (broken.includes(word)) return unreachable;
  if (httpStatus === undefined && /region is missing/i.test(message))
    return {
      code: "config",
      retry: false,
      hint: `Set AWS_REGION, such as eu-central-1, or region in the profile. ${credentialHint(store)}`,
    };
  if (httpStatus === undefined && noCredentials.test(`${word} ${firstLine(message)}`))
    return {
      code: "config",
      retry: false,
      hint: credentialHint(store),
    };
  if (/socket hang up|premature|aborted|network|timed out/i.test(firstLine(message))) return unreachable;
  return { code: "io", retry: false, hint: "docs/cloud.md says what each store needs." };
}

/** Which credentials a store of this address needs, and where they may stand. */
export function credentialHint(url: string): string {
  const places: { readonly [scheme: string]: string } = {
    s3: "For credentials set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE for a profile of ~/.aws",
    az: "For credentials set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY, or run `az login`",
    gs: "For credentials set GOOGLE_APPLICATION_CREDENTIALS to the path of a key file, or run `gcloud auth application-default login`",
  };
  const known =
    places[url.split(":")[0]!] ?? "Set the credentials where the vendor's own tools look for them";
  return `${known}; docs/cloud.md lists all places.`;
}

function reasonOf({ word, httpStatus, message }: FailedCall): string {
  const known = [word, httpStatus === undefined ? undefined : `HTTP ${httpStatus}`].filter(
    (part): part is string => part !== undefined && part !== "",
  );
  const text = shown(message);
  if (known.length === 0) return text;
  return text === "" || text === word ? known.join(", ") : `${text} (${known.join(", ")})`;
}

function firstLine(message: string): string {
  return message.split("\n")[0] ?? "";
}

/** The first line, without what only a machine reads: signatures, keys of accounts, tokens. */
function shown(message: string): string {
  return firstLine(message)
    .replaceAll(
      /\b(sig|signature|AccountKey|SharedAccessSignature|token|Authorization)\s*[=:]\s*\S+/gi,
      "$1=…",
    )
    .slice(0, 300)
    .trim();
}

/** The fields that errors of all SDKs and of Node have under one of these names; undefined where there is none. */
export function wordOf(error: unknown): string | undefined {
  const seen = error as { code?: unknown; Code?: unknown; name?: unknown; cause?: unknown } | null;
  for (const word of [seen?.code, seen?.Code])
    if (typeof word === "string" && word !== "" && !/^\d+$/.test(word)) return word;
  const below = seen?.cause;
  if (below instanceof Error) {
    const word = wordOf(below);
    if (word !== undefined) return word;
  }
  return typeof seen?.name === "string" && !plainNames.includes(seen.name) ? seen.name : undefined;
}

const plainNames: readonly string[] = [
  "Error",
  "TypeError",
  "AggregateError",
  "RestError",
  "GaxiosError",
  "ApiError",
];

/** A `Retry-After` header in milliseconds; undefined where there is none, or a date in it. */
export function retryAfterMs(header: unknown): number | undefined {
  const seconds = typeof header === "string" || typeof header === "number" ? Number(header) : Number.NaN;
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
