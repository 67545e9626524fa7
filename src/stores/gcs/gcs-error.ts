import { retryAfterMs, StoreError, wordOf } from "../store-error.ts";

type SdkError = {
  readonly message?: string;
  readonly code?: unknown;
  readonly errors?: readonly { readonly reason?: string }[];
  readonly response?: { readonly headers?: Record<string, string | undefined> };
};

/** An error of Google's SDK in the words of all stores. */
export function gcsError(store: string, key: string | undefined, doing: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { message = String(error), errors, response } = (error ?? {}) as SdkError;
  return new StoreError({
    store,
    key,
    doing,
    word: errors?.[0]?.reason ?? wordOf(error),
    httpStatus: statusOf(error),
    message,
    retryAfterMs: retryAfterMs(response?.headers?.["retry-after"]),
  });
}

export function statusOf(error: unknown): number | undefined {
  const code = Number((error as SdkError | null)?.code);
  return Number.isInteger(code) && code >= 100 && code < 600 ? code : undefined;
}

/** No such object; Google says in the message whether it is the bucket that is missing. */
export function isAbsent(error: unknown): boolean {
  return statusOf(error) === 404 && !/bucket does not exist/i.test((error as SdkError).message ?? "");
}
