import assert from "node:assert/strict";
import { test } from "node:test";
import { DaqError } from "../model/errors.ts";
import { normalTarget } from "./upload-target.ts";

test("a target with a password or a signature in it is refused without repeating them", () => {
  for (const text of [
    "s3://AKIA:hushhush@bucket/x",
    "s3://AKIA:hush/hush@bucket/x",
    "az://container/x?sv=1&sig=hushhush",
    "https://bucket.s3.amazonaws.com/x?X-Amz-Signature=hushhush",
    "S3://AKIA:hushhush@bucket/x",
    "https://user:hushhush@server/x",
  ])
    assert.throws(
      () => normalTarget(text),
      (error) => {
        assert.ok(error instanceof DaqError);
        assert.doesNotMatch(`${error.message} ${error.hint}`, /hush/);
        assert.match(error.message, /^The target ".*…/);
        return true;
      },
      text,
    );
});
