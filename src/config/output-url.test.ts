import assert from "node:assert/strict";
import { test } from "node:test";
import { credentialProblem } from "../toml/credential-problem.ts";
import { templateProblem } from "./output-path.ts";
import { localTemplate, outputUrlOf } from "./output-url.ts";

test("takes the URLs of stores, with placeholders behind the bucket", () => {
  for (const template of [
    "s3://bucket/x.zarr",
    "s3://bucket/{experiment}/{date}/run_v{version}.{ext}",
    "gs://my-bucket.lab/x",
    "az://container/folder/x.arrow",
  ])
    assert.equal(templateProblem(template), undefined, template);
  assert.deepEqual(outputUrlOf("s3://bucket/a/{date}.zarr"), {
    scheme: "s3",
    bucket: "bucket",
    path: "a/{date}.zarr",
  });
  assert.equal(outputUrlOf("data/s3://x"), undefined);
});

test("says what was meant by a URL that is nearly one, and what is wrong with others", () => {
  const problems: readonly (readonly [string, RegExp])[] = [
    ["S3://bucket/x.zarr", /^did you mean s3:\/\/bucket\/x\.zarr\?$/],
    ["s3:/bucket/x.zarr", /^did you mean s3:\/\/bucket\/x\.zarr\?$/],
    ["s3:bucket/x.zarr", /^did you mean s3:\/\/bucket\/x\.zarr\?$/],
    ["gs:///bucket/x", /^did you mean gs:\/\/bucket\/x\?$/],
    ["sr3://bucket/x", /^did you mean s3:\/\/bucket\/x\? sr3:\/\/ is no store/],
    ["http://minio:9000/bucket/x", /^http:\/\/ is no store; expected .*AWS_ENDPOINT_URL/],
    ["ftp://host/x", /^ftp:\/\/ is no store; expected a path on this machine, s3:\/\//],
    ["file:///data/x.h5", /^write the path alone: \/data\/x\.h5$/],
    ["s3://", /the name of a bucket is missing behind s3:\/\//],
    ["s3://bucket", /this is a bucket; expected the path of a file in it/],
    ["s3://bucket/", /this is a bucket/],
    ["s3://bucket/folder/", /this is a folder/],
    ["s3://bucket/../other/x", /is empty, "\." or "\.\."/],
    ["s3://bucket//x", /is empty, "\." or "\.\."/],
    ["s3://{experiment}/x", /the bucket cannot be a placeholder/],
    ["s3://key:secret@bucket/x", /credentials do not belong into a URL/],
    ["az://container/x.zarr?sv=1&sig=abc", /credentials do not belong into a URL/],
    ["s3://bucket/{experment}.zarr", /unknown placeholder/],
  ];
  for (const [template, problem] of problems)
    assert.match(templateProblem(template) ?? "fine", problem, template);
  assert.equal(templateProblem("C:/data/x.h5"), undefined);
  assert.equal(templateProblem("run 5: lamp.h5"), undefined);
});

test("the spool has the names of the store below its folder; a local path stays what it is", () => {
  assert.equal(
    localTemplate("s3://bucket/a/x_v{version}.zarr", "spool"),
    "spool/s3/bucket/a/x_v{version}.zarr",
  );
  assert.equal(localTemplate("gs://b/x", "/var/spool/daq/"), "/var/spool/daq/gs/b/x");
  assert.equal(localTemplate("data/x.h5", "spool"), "data/x.h5");
});

test("keys for credentials are told from others, whatever store they are of", () => {
  for (const key of [
    "secret_access_key",
    "AWS_ACCESS_KEY_ID",
    "aws-session-token",
    "account_key",
    "azure_storage_connection_string",
    "token",
    "password",
    "google_application_credentials",
  ])
    assert.match(credentialProblem(key) ?? "", /credentials do not belong/, key);
  for (const key of ["chunk_size", "key", "secretary", "compression", "output_path"])
    assert.equal(credentialProblem(key), undefined, key);
});
