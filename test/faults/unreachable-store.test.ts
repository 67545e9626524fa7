import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { jsonLines, spawnDaq } from "../../src/cli/captured-terminal.test.ts";
import { isLossless } from "../../src/model/ledger.ts";
import { readRunIndex } from "../../src/recorder/run-index.ts";

function place(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "daq-unreachable-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A port of this machine on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const credentials = {
  AWS_ACCESS_KEY_ID: "nobody",
  AWS_SECRET_ACCESS_KEY: "nothing",
  AWS_REGION: "us-east-1",
};

function setEnvironment(t: TestContext, values: Record<string, string | undefined>): void {
  const before = Object.fromEntries(Object.keys(values).map((name) => [name, process.env[name]]));
  const set = (entries: Record<string, string | undefined>): void => {
    for (const [name, value] of Object.entries(entries))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  };
  set(values);
  t.after(() => set(before));
}

test("a store that nobody answers for costs no record: exit code 4, and the command that goes on", async (t) => {
  const folder = place(t);
  setEnvironment(t, { ...credentials, AWS_ENDPOINT_URL: `http://127.0.0.1:${await closedPort()}` });
  const args = [
    "record",
    "--json",
    "--frames",
    "50",
    "-o",
    "s3://bucket/lab/x_v{version}.arrow",
    "--set",
    "storage.upload_timeout_ms=1500",
  ];
  const { code, out, error } = await spawnDaq(args, { cwd: folder }).done;
  assert.equal(code, 4, error);
  const spool = join(folder, "spool/s3/bucket/lab");
  const { outputs, end } = await readRunIndex(join(spool, "x_v1.run.json"));
  assert.equal(end, "closed");
  assert.ok(outputs.every(({ ledger }) => isLossless(ledger)));
  assert.match(
    error,
    /warning: .*ECONNREFUSED.*The run is recorded into .*spool\/s3\/bucket\/lab, and brought to the store once that answers/,
  );
  assert.match(
    error,
    /error: The upload to s3:\/\/bucket\/lab is not finished, 0 of 3 objects are proven there/,
  );
  assert.match(
    error,
    /Nothing is lost: all is in .*spool\/s3\/bucket\/lab\. Go on with: daq upload .*x_v1\.upload\.jsonl/,
  );
  const finished = jsonLines(out).find(({ event }) => event === "finished");
  assert.equal(finished?.exitCode, 4);

  const again = await spawnDaq(["upload", "spool", "--timeout", "1s"], { cwd: folder }).done;
  assert.equal(again.code, 4, again.error);
  assert.match(again.error, /0 of 3 objects are proven there: nothing got through for 1 s \(.*ECONNREFUSED/);
  assert.equal(readdirSync(spool).length, 4);
});

test("without credentials nothing is started, and nothing is left", async (t) => {
  const folder = place(t);
  const names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"];
  setEnvironment(t, {
    ...Object.fromEntries(names.map((name) => [name, undefined])),
    AWS_ENDPOINT_URL: `http://127.0.0.1:${await closedPort()}`,
    AWS_REGION: "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: join(folder, "none"),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, "none"),
  });
  const { code, error } = await spawnDaq(
    ["record", "--frames", "5", "-o", "s3://bucket/x_v{version}.arrow"],
    { cwd: folder },
  ).done;
  assert.equal(code, 2, error);
  assert.match(
    error,
    /credentials.*\n.*docs\/cloud\.md.*Nothing was recorded; to record without the store, set output_path/i,
  );
  assert.ok(!existsSync(join(folder, "spool/s3/bucket/x_v1.upload.jsonl")));
});

test("without credentials a run to Google's store is refused within seconds, and leaves no empty folders", async (t) => {
  const folder = place(t);
  setEnvironment(t, {
    GOOGLE_APPLICATION_CREDENTIALS: undefined,
    STORAGE_EMULATOR_HOST: undefined,
    CLOUDSDK_CONFIG: folder,
    GCE_METADATA_HOST: `127.0.0.1:${await closedPort()}`,
  });
  const start = performance.now();
  const { code, error } = await spawnDaq(
    ["record", "--duration", "1s", "--output", "gs://bucket/lab/x_v{version}.{ext}"],
    { cwd: folder },
  ).done;
  assert.equal(code, 2, error);
  assert.match(error, /GOOGLE_APPLICATION_CREDENTIALS/);
  assert.ok(performance.now() - start < 30_000);
  assert.deepEqual(readdirSync(folder), []);
});
