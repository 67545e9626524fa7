import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findGcsCredentials } from "./find-credentials.ts";

const nobody = async () => false;

test("without a key file, a login or a machine of Google's it says at once what to set", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "daq-gcs-"));
  t.after(() => rmSync(folder, { recursive: true }));
  await assert.rejects(findGcsCredentials("gs://lab", { CLOUDSDK_CONFIG: folder }, nobody), {
    code: "config",
    message: /no credentials for gs:\/\/lab/,
    hint: /GOOGLE_APPLICATION_CREDENTIALS/,
  });
  await findGcsCredentials("gs://lab", { CLOUDSDK_CONFIG: folder }, async () => true);
  writeFileSync(join(folder, "application_default_credentials.json"), "{}");
  await findGcsCredentials("gs://lab", { CLOUDSDK_CONFIG: folder }, nobody);
});

test("a key file that is named and not there is named in the message", async () => {
  await assert.rejects(
    findGcsCredentials("gs://lab", { GOOGLE_APPLICATION_CREDENTIALS: "/no/key.json" }, nobody),
    {
      message: /names \/no\/key\.json, which does not exist/,
    },
  );
});

test("a machine that is not Google's is found out within seconds", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "daq-gcs-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const start = performance.now();
  // A host that never answers.
  const env = { CLOUDSDK_CONFIG: folder, GCE_METADATA_HOST: "192.0.2.1" };
  await assert.rejects(findGcsCredentials("gs://lab", env), { code: "config" });
  assert.ok(performance.now() - start < 10_000);
});
