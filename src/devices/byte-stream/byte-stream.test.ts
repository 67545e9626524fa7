import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { type DType, dtypeBytes, numberDType, numberDTypes, typedView } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import type { SettingValues } from "../../model/setting.ts";
import { MemorySink } from "../../testing/memory-sink.ts";
import { SteppingClock } from "../../testing/stepping-clock.ts";
import { byteStream } from "./byte-stream.ts";
import { maxLineBytes } from "./line-splitter.ts";

type Feed = {
  readonly recordLimit?: number;
  readonly how?: "finished" | "cut";
  readonly backPressure?: () => Promise<void> | undefined;
  /** Milliseconds between two chunks. */
  readonly between?: number;
  readonly clock?: SteppingClock;
};

/** Decodes chunks as a driver would; the same buffer carries every chunk, as it does in a reused read buffer. */
async function decode(settings: SettingValues, chunks: readonly (Uint8Array | string)[], feed: Feed = {}) {
  const sink = new MemorySink(feed);
  const clock = feed.clock ?? new SteppingClock();
  const warnings: string[] = [];
  const decoder = byteStream("device0", "test", settings).open({
    sink,
    clock,
    signal: new AbortController().signal,
    warn: (message) => warnings.push(message),
    ...(feed.recordLimit === undefined ? {} : { recordLimit: feed.recordLimit }),
  });
  for (const [index, chunk] of chunks.entries()) {
    if (index > 0) clock.advance(feed.between ?? 0);
    const bytes = Buffer.from(chunk as Uint8Array);
    await decoder.push(bytes);
    bytes.fill(0xff);
  }
  await decoder.end(feed.how ?? "cut");
  return { stream: sink.stream(), warnings, decoder };
}

/** Pieces of 1, 2, 3, … bytes, so that every boundary falls into the middle of something. */
function shredded(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, length = 1; at < bytes.length; at += length++)
    pieces.push(bytes.subarray(at, at + length));
  return pieces;
}

function randomBytes(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => Math.imul(index + 1, 2654435761) >>> 24);
}

for (const dtype of numberDTypes)
  for (const order of ["little", "big"] as const)
    test(`separates interleaved ${dtype} samples, ${order}-endian, wherever the chunks are cut`, async () => {
      const size = dtypeBytes(numberDType(dtype));
      const bytes = randomBytes(3 * size * 41);
      const settings = { encoding: "raw", dtype, columns: ["a", "b", "c"], byte_order: order };
      const { stream } = await decode(settings, shredded(bytes));
      const view = new DataView(bytes.buffer);
      for (const [channel, name] of ["a", "b", "c"].entries()) {
        const expected = new Uint8Array(41 * size);
        for (let index = 0; index < 41; index++)
          for (let byte = 0; byte < size; byte++)
            expected[index * size + byte] = view.getUint8(
              (index * 3 + channel) * size + (order === "big" ? size - 1 - byte : byte),
            );
        const { buffer, byteOffset, byteLength } = stream.values(name);
        assert.deepEqual(new Uint8Array(buffer, byteOffset, byteLength), expected);
      }
      assert.equal(stream.account.lost, 0);
    });

for (const order of ["little", "big"] as const)
  test(`passes ${order}-endian frames on when they are whole, wherever the chunks are cut`, async () => {
    const bytes = randomBytes(2 * 3 * 2 * 7);
    const settings = { encoding: "raw", dtype: "uint16", shape: [2, 3], byte_order: order, units: "counts" };
    const { stream } = await decode(settings, shredded(bytes), { backPressure: () => wait(1) });
    const view = new DataView(bytes.buffer);
    const expected = Uint16Array.from({ length: 42 }, (_, index) =>
      view.getUint16(2 * index, order === "little"),
    );
    assert.deepEqual(stream.values("frame"), expected);
    assert.deepEqual(stream.schema.columns[0], {
      name: "frame",
      dtype: "uint16",
      shape: [2, 3],
      dims: ["y", "x"],
      unit: "counts",
    });
    assert.deepEqual([stream.reservations, stream.writes], [0, 7]);
  });

test("leaves out a header, once, also one that comes in pieces", async () => {
  const settings = { encoding: "raw", dtype: "uint8", columns: ["a", "b"], skip_bytes: 5 };
  const { stream } = await decode(settings, ["he", "ad", "r12", "3456"]);
  assert.equal(String.fromCharCode(...(stream.values("a") as Uint8Array)), "135");
  const short = await decode(settings, ["hea"]);
  assert.match(short.warnings[0]!, /in its header, after 3 of 5 bytes/);
});

test("counts a frame that is not complete at the end as lost", async () => {
  const { stream, warnings } = await decode({ encoding: "raw", dtype: "uint8", shape: [4] }, ["abcdef"]);
  assert.equal(stream.stored, 1);
  assert.deepEqual(stream.account.ranges, [
    { first: 1, count: 1, reason: "device", atNs: "0", detail: "incomplete: 2 of 4 bytes" },
  ]);
  assert.match(warnings[0]!, /incomplete: 2 of 4 bytes/);
  assert.equal(stream.reserved, false);
});

for (const [what, settings, text, count] of [
  ["a frame", { encoding: "raw", dtype: "uint8", shape: [4] }, "abcdef", 1],
  ["samples", { encoding: "raw", dtype: "uint8", columns: ["a", "b"] }, "abcde", 2],
  ["lines", { encoding: "lines" }, "1\n2\n3\n", 3],
] as const)
  test(`${what} that the ring had no room for are lost for that reason, not for being incomplete`, async () => {
    let calls = 0;
    const full = new DaqError("ring-full", "The ring stayed full for 0.2 s.");
    const sink = new MemorySink({
      backPressure: () => (++calls === 1 ? Promise.reject(full) : undefined),
    });
    const warnings: string[] = [];
    const decoder = byteStream("device0", "test", settings).open({
      sink,
      clock: new SteppingClock(),
      signal: new AbortController().signal,
      warn: (message) => warnings.push(message),
    });
    await assert.rejects(
      decoder.push(Buffer.from(text)).then(() => decoder.end("finished")),
      full,
    );
    await decoder.end("cut");
    const [range] = sink.stream().account.ranges;
    assert.deepEqual([range!.count, range!.reason, range!.detail], [count, "aborted", full.message]);
    assert.match(warnings.at(-1)!, /lost: The ring stayed full for 0.2 s/);
  });

test("counts a sample that is not complete at the end as lost", async () => {
  const { stream, warnings } = await decode({ encoding: "raw", dtype: "uint16", columns: ["a", "b"] }, [
    "abcdefg",
  ]);
  assert.equal(stream.stored, 1);
  assert.equal(stream.account.ranges[0]!.detail, "incomplete: 3 of 4 bytes");
  assert.equal(warnings.length, 1);
});

for (const [what, settings, text] of [
  ["frames", { encoding: "raw", dtype: "uint8", shape: [2] }, "aabbccddee"],
  ["samples", { encoding: "raw", dtype: "uint8", columns: ["a", "b"] }, "aabbccddee"],
  ["lines", { encoding: "lines" }, "1\n2\n3\n4\n5\n"],
] as const)
  test(`ends ${what} after exactly the limit, and counts nothing after it as lost`, async () => {
    for (const limit of [0, 1, 3]) {
      const whole = await decode(settings, [text], { recordLimit: limit });
      const pieces = await decode(settings, shredded(Buffer.from(text)), { recordLimit: limit });
      for (const { stream, decoder } of [whole, pieces]) {
        assert.deepEqual([stream.account.produced, stream.stored], [limit, limit]);
        assert.equal(decoder.finished, true);
      }
    }
  });

test("stamps samples with their arrival, spaced by their rate, and never before the batch before", async () => {
  const clock = new SteppingClock();
  const startNs = clock.nowNs();
  const settings = { encoding: "raw", dtype: "uint8", rate_hz: 1000 };
  const { stream } = await decode(settings, ["abcd", "ef", "ghi"], { clock, between: 2 });
  const milliseconds = stream.timestampsNs.map((time) => Number(time - startNs) / 1e6);
  assert.deepEqual(milliseconds, [-3, -2, -1, 0, 1, 2, 2, 3, 4]);
  const early = await decode(settings, ["ab", "cdef"], { between: 1, clock: new SteppingClock(startNs) });
  assert.deepEqual(
    early.stream.timestampsNs.map((time) => Number(time - startNs) / 1e6),
    [-1, 0, 0, 0, 0, 1],
  );
});

test("stamps samples without a rate, and frames, with the arrival of their last byte", async () => {
  const clock = new SteppingClock();
  const startNs = clock.nowNs();
  const { stream } = await decode({ encoding: "raw", dtype: "uint16" }, ["abc", "def"], {
    clock,
    between: 5,
  });
  assert.deepEqual(
    stream.timestampsNs.map((time) => time - startNs),
    [0n, 5_000_000n, 5_000_000n],
  );
  const frames = await decode({ encoding: "raw", dtype: "uint8", shape: [4] }, ["ab", "cd"], {
    clock,
    between: 5,
  });
  assert.deepEqual(frames.stream.timestampsNs, [startNs + 10_000_000n]);
});

for (const [name, line] of [
  ["commas", "1.5, -2 ,3e2"],
  ["semicolons", "1.5;-2;3e2"],
  ["tabs", "1.5\t-2\t3e2"],
  ["blanks", "  1.5   -2 3e2 "],
] as const)
  test(`reads fields between ${name}`, async () => {
    const settings = { encoding: "lines", columns: ["a", "b", "c"] };
    const { stream } = await decode(settings, shredded(Buffer.from(`${line}\r\n${line}\n`)));
    assert.deepEqual(
      ["a", "b", "c"].map((column) => [...(stream.values(column) as Float64Array)]),
      [
        [1.5, 1.5],
        [-2, -2],
        [300, 300],
      ],
    );
    assert.equal(stream.account.lost, 0);
  });

test("uses the delimiter that it is told", async () => {
  const { stream } = await decode({ encoding: "lines", columns: ["a", "b"], delimiter: "|" }, ["1 | 2\n"]);
  assert.deepEqual([...(stream.values("b") as Float64Array)], [2]);
});

test("leaves out comments, empty lines, a byte order mark and the lines that it is told to skip", async () => {
  const text = "\ufeffVoltage\nunit V\n# note\n\n  \n1\n  # note\n2\n";
  const { stream } = await decode({ encoding: "lines", skip_lines: 2 }, [text]);
  assert.deepEqual([...(stream.values("value") as Float64Array)], [1, 2]);
  assert.equal(stream.account.lost, 0);
  const other = await decode({ encoding: "lines", comment: "%" }, ["% note\n1\n"]);
  assert.equal(other.stream.stored, 1);
  const none = await decode({ encoding: "lines", comment: "" }, ["# note\n1\n"]);
  assert.deepEqual([none.stream.stored, none.stream.account.lost], [1, 1]);
});

test("takes an empty field for a missing value, and NaN only for what says so", async () => {
  const settings = { encoding: "lines", columns: ["a", "b"], dtype: ["float64", "int32"] };
  const { stream } = await decode(settings, [",7\nnan,\n-NaN,0\n1,n/a\n-,1\ninf,2\n-Infinity,3\n,\n"]);
  assert.deepEqual([...stream.validity("a")], [0, 1, 1, 1, 1, 0]);
  assert.deepEqual([...stream.validity("b")], [1, 0, 1, 1, 1, 0]);
  const floats = [...(stream.values("a") as Float64Array)];
  assert.deepEqual(floats.slice(1, 5), [Number.NaN, Number.NaN, Infinity, -Infinity]);
  assert.equal(stream.account.lost, 2);
});

test("reads texts and switches, in quotes or not; an empty field is missing, and an empty text in quotes is one", async () => {
  const settings = {
    encoding: "lines",
    columns: ["time", "comment", "open", "power"],
    dtype: ["float64", "string", "bool", "float64"],
    timestamp_column: "time",
    max_bytes: 24,
  };
  const lines = [
    '1700000000.5,"stable, ""quiet""",true,1.5',
    "1700000001,  température 21 µ°  ,OFF,2",
    '1700000002,,,""',
    '1700000003,5" pipe,1,3',
    '1700000004,"a;b\tc",0,4',
    '1700000005,"open,0,5',
    '1700000006,"","",6',
  ];
  const { stream, warnings } = await decode(settings, shredded(Buffer.from(`${lines.join("\n")}\n`)));
  assert.deepEqual(warnings, []);
  assert.deepEqual(stream.elements("comment"), [
    'stable, "quiet"',
    "température 21 µ°",
    null,
    '5" pipe',
    "a;b\tc",
    '"open',
    "",
  ]);
  assert.deepEqual(stream.elements("open"), [true, false, null, true, false, false, null]);
  assert.deepEqual(stream.elements("power"), [1.5, 2, null, 3, 4, 5, 6]);
  assert.equal(stream.timestampsNs[0], 1_700_000_000_500_000_000n);
});

test("a text without room and a switch that is neither on nor off are lost with their line, and say so", async () => {
  const settings = { encoding: "lines", columns: ["note", "on"], dtype: ["string", "bool"], max_bytes: 4 };
  const { stream, warnings } = await decode(settings, ["four,on\nfives,off\nµµ,0\nok,maybe\n"]);
  assert.deepEqual(stream.elements("note"), ["four", "µµ"]);
  assert.deepEqual(
    stream.account.ranges.map(({ first, count, detail }) => [first, count, detail]),
    [
      [1, 1, 'line 2: note "fives" is 5 bytes long in UTF-8, where 4 fit'],
      [3, 1, 'line 4: on "maybe" is neither 1, true or on nor 0, false or off'],
    ],
  );
  assert.equal(warnings.length, 2);
});

test("texts and switches are for lines, have no unit, and are no time", () => {
  const refused = (settings: SettingValues) => () => byteStream("device0", "test", settings);
  assert.throws(refused({ encoding: "raw", dtype: "bool" }), /has numbers, not bool/);
  assert.throws(refused({ encoding: "lines", dtype: "string", units: "V" }), /has the unit V/);
  assert.throws(refused({ encoding: "lines", max_bytes: 4 }), /"max_bytes" is for columns of dtype "string"/);
  assert.throws(
    refused({ encoding: "lines", columns: ["t", "x"], dtype: ["string", "int8"], timestamp_column: "t" }),
    /timestamp_column = "t" is of dtype string/,
  );
});

test("keeps every digit of 64-bit integers", async () => {
  const settings = { encoding: "lines", columns: ["s", "u"], dtype: ["int64", "uint64"] };
  const { stream } = await decode(settings, [
    "9223372036854775807,18446744073709551615\n-9223372036854775808,9007199254740993\n+1,0\n",
  ]);
  assert.deepEqual([...(stream.values("s") as BigInt64Array)], [2n ** 63n - 1n, -(2n ** 63n), 1n]);
  assert.deepEqual([...(stream.values("u") as BigUint64Array)], [2n ** 64n - 1n, 9007199254740993n, 0n]);
});

const limits: readonly (readonly [DType, string, string])[] = [
  ["int8", "127", "128"],
  ["int8", "-128", "-129"],
  ["uint8", "255", "256"],
  ["uint8", "0", "-1"],
  ["int16", "-32768", "-32769"],
  ["uint16", "65535", "65536"],
  ["int32", "2147483647", "2147483648"],
  ["uint32", "4294967295", "4294967296"],
  ["int64", "9223372036854775807", "9223372036854775808"],
  ["uint64", "18446744073709551615", "18446744073709551616"],
  ["float32", "3.4e38", "3.5e38"],
  ["float64", "1.7e308", "1e309"],
];

for (const [dtype, fits, tooLarge] of limits)
  test(`takes ${fits} into ${dtype} and loses the line with ${tooLarge}`, async () => {
    const { stream, warnings } = await decode({ encoding: "lines", dtype }, [`${fits}\n${tooLarge}\n`]);
    assert.equal(
      String(stream.values("value")[0]),
      String(typedView(numberDType(dtype), valueBytes(dtype, fits))[0]),
    );
    assert.equal(stream.stored, 1);
    assert.match(stream.account.ranges[0]!.detail!, /^line 2: value "/);
    assert.match(warnings[0]!, /line 2 is lost: value ".*" is (out of the range of|too large)/);
  });

function valueBytes(dtype: DType, text: string): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = typedView(numberDType(dtype), bytes);
  if (view instanceof BigInt64Array || view instanceof BigUint64Array) view[0] = BigInt(text);
  else view[0] = Number(text);
  return bytes;
}

test("counts every line that is not a record as lost, in its place, with its number and the reason", async () => {
  const settings = { encoding: "lines", columns: ["a", "b"], dtype: ["float64", "int16"] };
  const text = "1,2\n1,2,3\n3,4\nx,1\n0x10,1\n1,2.5\n5,6\n";
  const expected = [
    { first: 1, count: 1, detail: 'line 2: expected 2 fields, found 3: "1,2,3"' },
    { first: 3, count: 3, detail: 'lines 4–6, of which the first: a "x" is not a number' },
  ];
  for (const chunks of [[text], [text.slice(0, 9), text.slice(9)]]) {
    const { stream, warnings } = await decode(settings, chunks);
    assert.deepEqual(stream.sequences, [0, 2, 6]);
    assert.deepEqual([...(stream.values("a") as Float64Array)], [1, 3, 5]);
    assert.deepEqual(
      stream.account.ranges.map(({ first, count, detail }) => ({ first, count, detail })),
      expected,
    );
    assert.equal(warnings.length, 4);
  }
});

test("warns of the first bad lines only, but counts them all", async () => {
  const { stream, warnings } = await decode({ encoding: "lines" }, ["garbage\n".repeat(1000), "1\n"]);
  assert.deepEqual([stream.account.lost, stream.stored], [1000, 1]);
  assert.equal(warnings.length, 5);
  assert.match(warnings[4]!, /Further bad lines are only counted/);
});

test("takes the time from its column, exact to the nanosecond", async () => {
  const settings = { encoding: "lines", columns: ["timestamp", "a"], timestamp_column: "timestamp" };
  const { stream } = await decode(settings, ["1700000000.123456789,1\n1700000000.123456790,2\n,3\nsoon,4\n"]);
  assert.deepEqual(stream.timestampsNs, [1_700_000_000_123_456_789n, 1_700_000_000_123_456_790n]);
  assert.equal(stream.schema.clock, "device");
  assert.deepEqual(
    stream.schema.columns.map(({ name }) => name),
    ["a"],
  );
  assert.equal(stream.account.lost, 2);
});

test("keeps a last line without its end only when the source finished by itself", async () => {
  const finished = await decode({ encoding: "lines" }, ["1\n2"], { how: "finished" });
  assert.deepEqual([...(finished.stream.values("value") as Float64Array)], [1, 2]);
  const cut = await decode({ encoding: "lines" }, ["1\n2"]);
  assert.equal(cut.stream.stored, 1);
  assert.equal(
    cut.stream.account.ranges[0]!.detail,
    'line 2: the input ended before the end of the line: "2"',
  );
});

test("holds an endless line only up to a limit", async () => {
  const chunk = Buffer.alloc(65_536, "1");
  await assert.rejects(decode({ encoding: "lines" }, Array(40).fill(chunk)), {
    code: "device",
    message: /device0.*without the end of a line.*1048576/,
  });
  const long = `${"0".repeat(maxLineBytes - 1)}1`;
  const { stream } = await decode({ encoding: "lines" }, [long, "\n"]);
  assert.equal(stream.stored, 1);
});

test("waits for a sink that holds it back and reuses its buffers only then", async () => {
  const settings = { encoding: "lines", columns: ["a", "b"] };
  const chunks = Array.from({ length: 30 }, (_, index) => `${index},${index * 2}\nbad\n`);
  const { stream } = await decode(settings, chunks, { backPressure: () => wait(1) });
  assert.deepEqual(
    [...(stream.values("b") as Float64Array)],
    Array.from({ length: 30 }, (_, index) => index * 2),
  );
  assert.equal(stream.account.lost, 30);
});

test("does not touch the samples that a sink still reads while it holds back", async () => {
  const settings = { encoding: "raw", dtype: "uint16", columns: ["a", "b"] };
  const bytes = randomBytes(4 * 60);
  const held = await decode(settings, shredded(bytes), { backPressure: () => wait(1) });
  const free = await decode(settings, [bytes]);
  assert.deepEqual(held.stream.values("b"), free.stream.values("b"));
  const sink = new MemorySink({ backPressure: () => wait(20) });
  const decoder = byteStream("device0", "test", settings).open({
    sink,
    clock: new SteppingClock(),
    signal: new AbortController().signal,
    warn: () => {},
  });
  const pushed = decoder.push(bytes);
  let settled = false;
  void pushed.then(() => {
    settled = true;
  });
  await wait(1);
  assert.equal(settled, false);
  await pushed;
  assert.equal(sink.stream().stored, 60);
});

test("finishes with the record in hand when it is told to stop after it", async () => {
  for (const [settings, begin, rest] of [
    [{ encoding: "raw", dtype: "uint8", shape: [4] }, "aaaabb", "bbcccccc"],
    [{ encoding: "raw", dtype: "uint8", columns: ["a", "b"] }, "aab", "bccdd"],
    [{ encoding: "lines" }, "1\n2", "3\n4\n5"],
  ] as const) {
    const sink = new MemorySink();
    const decoder = byteStream("device0", "test", settings).open({
      sink,
      clock: new SteppingClock(),
      signal: new AbortController().signal,
      warn: () => {},
    });
    await decoder.push(Buffer.from(begin));
    decoder.stopAfterRecord();
    assert.equal(decoder.finished, false);
    await decoder.push(Buffer.from(rest));
    assert.equal(decoder.finished, true);
    await decoder.end("cut");
    assert.deepEqual([sink.stream().stored, sink.stream().account.lost], [2, 0]);
  }
});

for (const [settings, message] of [
  [{ encoding: "raw" }, /needs "dtype"/],
  [{ encoding: "raw", dtype: ["uint8"] }, /one dtype/],
  [{ encoding: "raw", dtype: "uint8", shape: [2], columns: ["a"] }, /exclude each other/],
  [{ encoding: "raw", dtype: "uint8", dims: ["x"] }, /"shape", which is missing/],
  [{ encoding: "raw", dtype: "uint8", shape: [2, 2], dims: ["x"] }, /dims must name each of the 2/],
  [{ encoding: "raw", dtype: "uint8", delimiter: "," }, /"delimiter" belongs to encoding = "lines"/],
  [{ encoding: "lines", shape: [2] }, /"shape" belongs to encoding = "raw"/],
  [{ encoding: "lines", byte_order: "big" }, /"byte_order" belongs to encoding = "raw"/],
  [{ encoding: "lines", columns: ["a", "b"], units: ["V"] }, /"units" has 1 entries for 2 columns/],
  [{ encoding: "lines", columns: ["a"], dtype: ["int8", "int8"] }, /"dtype" has 2 entries for 1 columns/],
  [{ encoding: "lines", columns: ["a", "a"] }, /used twice/],
  [{ encoding: "lines", columns: ["t"], timestamp_column: "time" }, /"time" is not one of the columns \(t\)/],
  [{ encoding: "lines", columns: ["t"], timestamp_column: "t" }, /no columns/],
  [{ encoding: "raw", dtype: "float64", shape: [65536, 65536] }, /larger than 2 GiB/],
] as const)
  test(`refuses ${JSON.stringify(settings)}`, () => {
    assert.throws(() => byteStream("device0", "test", settings), { code: "config", message });
  });
