import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CloudStore } from "./cloud-store.ts";
import { StoreError } from "./store-error.ts";
import { type RetryOptions, withRetries } from "./with-retries.ts";

function failure(word: string | undefined, httpStatus?: number, retryAfterMs?: number): StoreError {
  const message = `${word ?? "refused"}: no`;
  return new StoreError({
    store: "s3://b",
    key: "k",
    doing: "Writing",
    word,
    httpStatus,
    message,
    retryAfterMs,
  });
}

/** A store in memory whose calls fail first with what `failures` holds; `isLate`: after they were carried out. */
function scripted(failures: (StoreError | undefined)[], isLate = false) {
  const objects = new Map<string, string>();
  const calls: string[] = [];
  const act = async <Result>(name: string, carryOut: () => Result): Promise<Result> => {
    calls.push(name);
    const error = failures.shift();
    if (error !== undefined && !isLate) throw error;
    const result = carryOut();
    if (error !== undefined) throw error;
    return result;
  };
  const store: CloudStore = {
    url: "s3://b",
    partsAtOnce: true,
    put: (key) => act("put", () => void objects.set(key, "")),
    putIfAbsent: (key, _pieces, token) =>
      act("putIfAbsent", () => {
        if (objects.has(key)) return false;
        objects.set(key, token);
        return true;
      }),
    tokenOf: (key) => act("tokenOf", () => objects.get(key)),
    get: () => act("get", () => undefined),
    getRange: () => act("getRange", () => undefined),
    stat: () => act("stat", () => undefined),
    listPage: () => act("listPage", () => ({ objects: [], next: undefined })),
    delete: () => act("delete", () => undefined),
    checksum: () => act("checksum", () => undefined),
    beginParts: async (key, token) => {
      let isComplete = false;
      return {
        putPart: () => act("putPart", () => undefined),
        abort: () => act("abort", () => undefined),
        complete: () =>
          act("complete", () => {
            if (isComplete) throw failure("NoSuchUpload", 404);
            isComplete = true;
            objects.set(key, token);
          }),
      };
    },
    close: async () => undefined,
  };
  return { store, calls, objects };
}

/** Time that passes only in sleeps. */
function steppingTime(random = 1) {
  const slept: number[] = [];
  let now = 0;
  const options: RetryOptions = {
    nowMs: () => now,
    random: () => random,
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
      now += milliseconds;
    },
  };
  return { slept, options };
}

describe("retries", () => {
  test("a call that fails for a while is made again, after longer and longer waits", async () => {
    const { store, calls } = scripted([
      failure("SlowDown", 503),
      failure("ECONNRESET"),
      failure(undefined, 429),
    ]);
    const { slept, options } = steppingTime();
    await withRetries(store, options).put("k", []);
    assert.equal(calls.length, 4);
    assert.deepEqual(slept, [200, 400, 800]);
  });

  test("half of each wait is left to chance, so that many writers do not come back together", async () => {
    const { store } = scripted([failure("SlowDown", 503), failure("SlowDown", 503)]);
    const { slept, options } = steppingTime(0);
    await withRetries(store, options).put("k", []);
    assert.deepEqual(slept, [100, 200]);
  });

  test("waits as long as the server asks for, but not for ever", async () => {
    const { store } = scripted([failure("SlowDown", 503, 3000), failure("SlowDown", 503, 3_600_000)]);
    const { slept, options } = steppingTime();
    await withRetries(store, options).put("k", []);
    assert.deepEqual(slept, [3000, 10_000]);
  });

  test("gives up after its tries, and says how many they were", async () => {
    const { store, calls } = scripted(Array.from({ length: 20 }, () => failure("SlowDown", 503)));
    const { options } = steppingTime();
    await assert.rejects(withRetries(store, options).get("k"), {
      code: "io",
      message: /Writing s3:\/\/b\/k failed: .*SlowDown.*\(6 tries in 6 s\)/,
    });
    assert.equal(calls.length, 6);
  });

  test("begins no attempt after its time", async () => {
    const { store, calls } = scripted(Array.from({ length: 20 }, () => failure("SlowDown", 503)));
    const { options } = steppingTime();
    await assert.rejects(withRetries(store, { ...options, giveUpAfterMs: 700 }).get("k"), { code: "io" });
    assert.equal(calls.length, 3);
  });

  test("what waiting does not cure is told at once", async () => {
    for (const error of [
      failure("AccessDenied", 403),
      failure("NoSuchBucket", 404),
      failure("CredentialsProviderError"),
      failure("InvalidArgument", 400),
    ]) {
      const { store, calls } = scripted([error]);
      await assert.rejects(withRetries(store, steppingTime().options).put("k", []), error);
      assert.equal(calls.length, 1);
    }
  });

  test("an answer that was lost does not turn the own object into another's", async () => {
    const { store, objects } = scripted([failure("ECONNRESET")], true);
    assert.equal(await withRetries(store, steppingTime().options).putIfAbsent("k", [], "mine"), true);
    assert.equal(objects.get("k"), "mine");
  });

  test("an object of somebody else stays theirs, also after a failed attempt", async () => {
    const { store, objects } = scripted([failure("ECONNRESET")]);
    objects.set("k", "theirs");
    assert.equal(await withRetries(store, steppingTime().options).putIfAbsent("k", [], "mine"), false);
    assert.equal(objects.get("k"), "theirs");
  });

  test("completing parts survives a lost answer, and is not taken for done when another's object is there", async () => {
    const late = scripted([failure("ETIMEDOUT")], true);
    await (await withRetries(late.store, steppingTime().options).beginParts("k", "mine")).complete();
    assert.equal(late.objects.get("k"), "mine");

    const other = scripted([failure("ETIMEDOUT")], true);
    const upload = await withRetries(other.store, steppingTime().options).beginParts("k", "mine");
    const completing = upload.complete();
    other.objects.set("k", "theirs");
    await assert.rejects(completing, /NoSuchUpload/);
  });
});
