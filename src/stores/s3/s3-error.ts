import { type FailedCall, retryAfterMs, StoreError, wordOf } from "../store-error.ts";

type SdkError = {
  readonly message?: string;
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Record<string, string> };
};

/** An error of AWS's SDK in the words of all stores. */
export function s3Error(store: string, key: string | undefined, doing: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { message = String(error), $metadata, $response } = (error ?? {}) as SdkError;
  const call: FailedCall = {
    store,
    key,
    doing,
    word: wordOf(error),
    httpStatus: $metadata?.httpStatusCode,
    message,
    retryAfterMs: retryAfterMs($response?.headers?.["retry-after"]),
  };
  return new StoreError(call);
}

export function statusOf(error: unknown): number | undefined {
  return (error as SdkError | null)?.$metadata?.httpStatusCode;
}

/** No such object; a bucket that is missing is something else. */
export function isAbsent(error: unknown): boolean {
  return statusOf(error) === 404 && wordOf(error) !== "NoSuchBucket";
}
