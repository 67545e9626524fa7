import assert from "node:assert/strict";
import { test } from "node:test";
import { vendorSdk } from "./vendor-sdk.ts";

test("a package that is not installed is an error with the line that installs it", async () => {
  // A name in a variable: the type checker would look for it.
  const absent: string = "@vendor/never-installed";
  await assert.rejects(
    vendorSdk("s3://", "@aws-sdk/client-s3", () => import(absent)),
    {
      code: "config",
      message: /s3:\/\/ need @aws-sdk\/client-s3/,
      hint: "Install it: npm install @aws-sdk/client-s3",
    },
  );
});

test("another failure of a package is not taken for that", async () => {
  await assert.rejects(
    vendorSdk("s3://", "@aws-sdk/client-s3", () => Promise.reject(new SyntaxError("broken"))),
    SyntaxError,
  );
});
