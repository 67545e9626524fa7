import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DaqError } from "../model/errors.ts";
import { isStoreUrl, parseStoreUrl } from "./store-url.ts";

function hintOf(text: string): string {
  try {
    parseStoreUrl(text);
  } catch (error) {
    assert.ok(error instanceof DaqError && error.code === "config", String(error));
    return `${error.message} ${error.hint}`;
  }
  throw new assert.AssertionError({ message: `${text} was taken` });
}

describe("addresses of stores", () => {
  test("have a bucket and perhaps a prefix", () => {
    const cases: [string, string, string, string][] = [
      ["s3://data", "s3", "data", ""],
      ["s3://data/", "s3", "data", ""],
      ["s3://my.data-1/a/b c", "s3", "my.data-1", "a/b c"],
      ["gs://data_1/a/", "gs", "data_1", "a"],
      ["az://$web/é", "az", "$web", "é"],
    ];
    for (const [text, kind, bucket, prefix] of cases)
      assert.deepEqual(parseStoreUrl(text), { kind, bucket, prefix, accountHost: undefined });
    assert.deepEqual(parseStoreUrl("az://lab.blob.core.windows.net/data/a"), {
      kind: "az",
      bucket: "data",
      prefix: "a",
      accountHost: "lab.blob.core.windows.net",
    });
  });

  test("are paths where they have no scheme", () => {
    for (const path of ["data", "/data/a", "./s3", "C:/data", "a:b", "data/s3://x"]) {
      assert.equal(isStoreUrl(path), false, path);
      assert.deepEqual(parseStoreUrl(path), { kind: "folder", path });
    }
    assert.deepEqual(parseStoreUrl("file:///data/a%20b"), { kind: "folder", path: "/data/a b" });
  });

  test("misspelt ones are refused with the right spelling", () => {
    const cases: [string, string][] = [
      ["S3://data/a", "s3://data/a"],
      ["s3:/data/a", "s3://data/a"],
      ["s3:///data/a", "s3://data/a"],
      ["s3a://data/a", "s3://data/a"],
      ["gcs://data", "gs://data"],
      ["azure://data/a", "az://data/a"],
      ["abfss://data", "az://data"],
      ["https://server/data", "AWS_ENDPOINT_URL"],
      ["ftp://server/data", "s3://bucket/prefix"],
      ["s3://", "bucket is missing"],
      ["az://lab.blob.core.windows.net", "container is missing"],
      ["s3://da ta/a", "no name of a bucket"],
      ["s3://data//a", "empty name"],
      ["s3://data/../a", '".."'],
    ];
    for (const [text, words] of cases) {
      assert.equal(isStoreUrl(text), true, text);
      assert.ok(hintOf(text).includes(words), `${text}: ${hintOf(text)}`);
    }
  });

  test("with credentials in them are refused without repeating them", () => {
    for (const text of ["s3://AKIAKEY:sEcReT@bucket/a", "az://data/a?sv=1&sig=sEcReT", "gs://me:sEcReT@data"])
      assert.ok(!hintOf(text).includes("sEcReT"), hintOf(text));
  });
});
