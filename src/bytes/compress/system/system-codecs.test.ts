import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { testDeflate } from "./self-test.ts";
import { systemCodecState, systemCodecs } from "./system-codecs.ts";
import type { Compress } from "./system-engine.ts";

/** What a good library does, by Node's zlib. */
const compress: Compress = (level, { bytes, source, length, target, capacity }) => {
  const encoded = deflateRawSync(bytes.subarray(source, source + length), { level });
  if (encoded.byteLength > capacity) return 0;
  bytes.set(encoded, target);
  return encoded.byteLength;
};

test("a library that does its work passes", () => {
  testDeflate({ compress }, [1, 9]);
});

test("a library that gives other bytes, writes elsewhere, or more than there is room for, is refused", () => {
  const wrong: readonly (readonly [Compress, RegExp])[] = [
    [
      (level, areas) => {
        const encoded = compress(level, areas);
        if (encoded > 1000) areas.bytes[areas.target + 500]! ^= 1;
        return encoded;
      },
      /./,
    ],
    [() => 0, /./],
    [
      (level, areas) => {
        areas.bytes[areas.target - 1] = 0;
        return compress(level, areas);
      },
      /outside of its target/,
    ],
    [
      (level, areas) => {
        areas.bytes[areas.target + areas.capacity] = 0;
        return compress(level, areas);
      },
      /outside of its target/,
    ],
    [
      (level, areas) => {
        const encoded = compress(level, areas);
        if (areas.length > 0) areas.bytes[areas.source]! ^= 1;
        return encoded;
      },
      /changes its source/,
    ],
    [(level, areas) => compress(level, areas) || areas.capacity + 1, /more than there is room for/],
    [
      () => {
        throw new Error("failed with -5");
      },
      /failed with -5/,
    ],
  ];
  for (const [broken, message] of wrong) assert.throws(() => testDeflate({ compress: broken }, [1]), message);
});

test("DAQ_SYSTEM_CODECS=off keeps every library away", () => {
  const script = `
    import { systemCodecState, systemCodecs } from ${JSON.stringify(new URL("./system-codecs.ts", import.meta.url).href)};
    console.log(JSON.stringify(Object.keys(systemCodecs).map((name) => systemCodecState(name).state)));
  `;
  const out = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    encoding: "utf8",
    env: { ...process.env, DAQ_SYSTEM_CODECS: "off" },
  });
  assert.deepEqual(JSON.parse(out), ["off", "off", "off"]);
});

test("libraries that are installed here pass their test", () => {
  for (const name of Object.keys(systemCodecs) as (keyof typeof systemCodecs)[])
    assert.notEqual(systemCodecState(name).state, "refused", name);
});
