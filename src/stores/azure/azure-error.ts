import { retryAfterMs, StoreError, wordOf } from "../store-error.ts";

type SdkError = {
  readonly message?: string;
  readonly statusCode?: number;
  readonly details?: { readonly errorCode?: string };
  readonly response?: { readonly headers?: { get(name: string): string | undefined } };
};

/** An error of Azure's SDK in the words of all stores. */
export function azureError(
  store: string,
  key: string | undefined,
  doing: string,
  error: unknown,
): StoreError {
  if (error instanceof StoreError) return error;
  const { message = String(error), statusCode, details, response } = (error ?? {}) as SdkError;
  return new StoreError({
    store,
    key,
    doing,
    word: details?.errorCode ?? wordOf(error),
    httpStatus: statusCode,
    message,
    retryAfterMs: retryAfterMs(response?.headers?.get("retry-after")),
  });
}

export function statusOf(error: unknown): number | undefined {
  return (error as SdkError | null)?.statusCode;
}

/** No such blob; a container that is missing is something else. */
export function isAbsent(error: unknown): boolean {
  const { details } = (error ?? {}) as SdkError;
  return statusOf(error) === 404 && (details?.errorCode ?? wordOf(error)) !== "ContainerNotFound";
}
