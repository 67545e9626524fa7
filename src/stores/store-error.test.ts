import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { type FailedCall, retryAfterMs, StoreError, wordOf } from "./store-error.ts";

function errorOf(call: Partial<FailedCall>): StoreError {
  const whole = {
    store: "s3://data/run",
    key: "a/b",
    doing: "Writing",
    word: undefined,
    httpStatus: undefined,
  };
  return new StoreError({ ...whole, message: "no", ...call });
}

test("names what was done, the bucket, the key, the reason, and what to do", () => {
  const error = errorOf({ word: "AccessDenied", httpStatus: 403, message: "Access Denied" });
  assert.equal(error.message, "Writing s3://data/run/a/b failed: Access Denied (AccessDenied, HTTP 403)");
  assert.equal(error.code, "config");
  assert.match(error.hint ?? "", /credentials/);
});

test("tells what may pass from what stays", () => {
  const passing: Partial<FailedCall>[] = [
    ...[408, 425, 429, 500, 502, 503, 504].map((httpStatus) => ({ httpStatus })),
    ...["ECONNRESET", "ECONNREFUSED", "ETIMEDOUT", "EPIPE", "EAI_AGAIN", "TimeoutError"].map((word) => ({
      word,
    })),
    { word: "SlowDown", httpStatus: 400 },
    { message: "socket hang up" },
    { word: "BadDigest", httpStatus: 400 },
  ];
  for (const call of passing) {
    assert.equal(errorOf(call).retry, true, inspect(call));
    assert.equal(errorOf(call).code, "io", inspect(call));
  }
  const staying: Partial<FailedCall>[] = [
    { httpStatus: 401 },
    { httpStatus: 403 },
    { word: "NoSuchBucket", httpStatus: 404 },
    { word: "PermanentRedirect", httpStatus: 301 },
    { message: "Could not load credentials from any providers" },
    { message: "Region is missing" },
    {
      word: "AggregateAuthenticationError",
      message: "ChainedTokenCredential authentication failed.\nNetwork unreachable",
    },
  ];
  for (const call of staying) {
    assert.equal(errorOf(call).retry, false, inspect(call));
    assert.equal(errorOf(call).code, "config", inspect(call));
  }
});

test("a wrong clock is tried once more, since the package learns the server's time", () => {
  const error = errorOf({ word: "RequestTimeTooSkewed", httpStatus: 403 });
  assert.equal(error.retry, true);
  assert.match(error.hint ?? "", /clock/);
});

test("shows no signature, key or token, and only one line of what a server said", () => {
  const message =
    "Denied. Authorization: SharedKey-abc AccountKey=abc== sig=abc%3D token: abc\nstring to sign: abc";
  assert.doesNotMatch(inspect(errorOf({ message }), { depth: 9 }).split("\n    at")[0]!, /abc/);
});

test("finds the word in errors of every SDK", () => {
  assert.equal(wordOf(Object.assign(new Error("x"), { name: "NoSuchBucket" })), "NoSuchBucket");
  assert.equal(wordOf(Object.assign(new Error("x"), { code: "ECONNRESET" })), "ECONNRESET");
  assert.equal(wordOf(Object.assign(new Error("x"), { code: 503 })), undefined);
  const fetchFailed = new TypeError("fetch failed", {
    cause: Object.assign(new Error("x"), { code: "ECONNREFUSED" }),
  });
  assert.equal(wordOf(fetchFailed), "ECONNREFUSED");
  assert.equal(wordOf(undefined), undefined);
  assert.equal(retryAfterMs("2"), 2000);
  assert.equal(retryAfterMs("Wed, 21 Oct 2026 07:28:00 GMT"), undefined);
});

test("missing credentials and a missing region name the variables of that store", () => {
  const message = "Could not load credentials from any providers";
  const hintOf = (store: string, text = message) => errorOf({ store, message: text }).hint ?? "";
  assert.match(hintOf("s3://data/run"), /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/);
  assert.match(hintOf("s3://data/run", "Region is missing"), /AWS_REGION.*AWS_ACCESS_KEY_ID/);
  assert.match(hintOf("az://data/run"), /AZURE_STORAGE_CONNECTION_STRING/);
  assert.match(hintOf("gs://data/run"), /GOOGLE_APPLICATION_CREDENTIALS/);
});
