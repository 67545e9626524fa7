import assert from "node:assert/strict";
import { test } from "node:test";
import { DaqError } from "../model/errors.ts";
import type { ConfigTable, ConfigValue } from "./config-value.ts";
import { parseTomlDocument, parseTomlValue } from "./toml-document.ts";

function plain(value: ConfigValue): unknown {
  switch (value.kind) {
    case "table":
      return plainTable(value.entries);
    case "array":
      return value.items.map((item) => plain(item.value));
    case "integer":
      return value.integer;
    case "float":
      return value.number;
    case "boolean":
      return value.boolean;
    default:
      return value.text;
  }
}

function plainTable(table: ConfigTable): Map<string, unknown> {
  return new Map([...table].map(([key, { value }]) => [key, plain(value)]));
}

function messageOf(text: string): string {
  try {
    parseTomlDocument(text, "daq.toml");
  } catch (error) {
    assert.ok(error instanceof DaqError && error.code === "config", String(error));
    return error.message;
  }
  return assert.fail("expected a syntax error");
}

test("dotted keys, headers and arrays of tables make one tree", () => {
  const table = parseTomlDocument(
    'a.b = 1\n[x.y]\nz = "s"\n[x]\nw = 1.5\n[[d]]\ni = 1\n[d.sub]\nk = true\n[[d]]\ni = 2\n[[d]]\n',
    "daq.toml",
  );
  assert.deepEqual(
    plainTable(table),
    new Map<string, unknown>([
      ["a", new Map([["b", 1n]])],
      [
        "x",
        new Map<string, unknown>([
          ["y", new Map([["z", "s"]])],
          ["w", 1.5],
        ]),
      ],
      [
        "d",
        [
          new Map<string, unknown>([
            ["i", 1n],
            ["sub", new Map([["k", true]])],
          ]),
          new Map([["i", 2n]]),
          new Map(),
        ],
      ],
    ]),
  );
});

test("every entry knows the line and column of its key, every item its own", () => {
  const table = parseTomlDocument(
    '\uFEFF[storage]\r\n\r\n  format = [\r\n    "arrow",\r\n  ]\r\n',
    "daq.toml",
  );
  const storage = table.get("storage");
  assert.ok(storage?.value.kind === "table");
  assert.deepEqual(storage.origin, { kind: "file", path: "daq.toml", line: 1, column: 1 });
  const format = storage.value.entries.get("format");
  assert.ok(format?.value.kind === "array");
  assert.deepEqual(format.origin, { kind: "file", path: "daq.toml", line: 3, column: 3 });
  assert.deepEqual(format.value.items[0]?.origin, { kind: "file", path: "daq.toml", line: 4, column: 5 });
});

test("a key with a meaning to JavaScript is a key like any other", () => {
  const table = parseTomlDocument('__proto__ = 1\nconstructor = 2\n["toString"]\na = 3\n', "daq.toml");
  assert.deepEqual([...table.keys()], ["__proto__", "constructor", "toString"]);
  assert.equal(({} as { a?: unknown }).a, undefined);
});

test("dates and times are their ISO 8601 text, nothing rounded", () => {
  const table = parseTomlDocument(
    "a = 1979-05-27t00:32:00.999999999-07:00\nb = 1979-05-27 07:32:00\nc = 07:32:00\nd = 1987-07-05 17:45:00z\n",
    "daq.toml",
  );
  assert.deepEqual(
    [...plainTable(table).values()],
    ["1979-05-27T00:32:00.999999999-07:00", "1979-05-27T07:32:00", "07:32:00", "1987-07-05T17:45:00Z"],
  );
});

test("a syntax error shows its line with a caret below the character", () => {
  assert.equal(
    messageOf('[storage]\nformat = "arrow\nchunk_size = 1\n'),
    'daq.toml:2: not valid TOML: unterminated string constant\n  2 | format = "arrow\n    |                ^',
  );
  assert.equal(
    messageOf("a = 1\n\n\n\n\n\n\n\n\n\tb = = 2\n"),
    "daq.toml:10: not valid TOML: unexpected token\n  10 | \tb = = 2\n     | \t    ^",
  );
});

test("a caret counts characters, not halves of them", () => {
  assert.equal(
    messageOf('a = "😀😀" 5\n'),
    'daq.toml:1: not valid TOML: must be a newline\n  1 | a = "😀😀" 5\n    |          ^',
  );
});

test("a long line is shown around the error", () => {
  const message = messageOf(`a = "${"x".repeat(5000)}" 5\n`);
  assert.ok(message.length < 400, message);
  assert.equal(message.split("\n").at(1)!.indexOf("5", 6), message.split("\n").at(2)!.indexOf("^"));
});

test("a key that is defined twice is an error on the second line", () => {
  assert.match(
    messageOf('[storage]\nformat = "a"\n\nformat = "b"\n'),
    /^daq\.toml:4: not valid TOML: defining a key/,
  );
  assert.match(messageOf("[storage]\na = 1\n[storage]\nb = 1\n"), /^daq\.toml:3: /);
  assert.match(messageOf('fruit = { a = 1 }\n["fruit"]\n'), /^daq\.toml:2: /);
});

test("an unfinished value at the end of the file is an error", () => {
  assert.match(messageOf("a = 1\nb ="), /^daq\.toml:2: /);
  assert.match(messageOf("a = [1, 2"), /^daq\.toml:1: /);
});

test("a lone carriage return is an error, where it stands", () => {
  assert.equal(
    messageOf("a = 1\n# note\rb = 2\n"),
    "daq.toml:2: not valid TOML: a carriage return without a line feed\n  2 | # note b = 2\n    |       ^",
  );
});

test("absurd nesting and absurd strings are refused, not crashed on", () => {
  assert.match(messageOf(`a = ${"[".repeat(100_000)}${"]".repeat(100_000)}\n`), /nested too deeply/);
  assert.match(messageOf(`a = "${"x".repeat(900_000)}"\n`), /a string is too long/);
});

test("a value on its own is read, and what is more than a value is not", () => {
  const origin = { kind: "environment", variable: "X" } as const;
  assert.deepEqual(parseTomlValue("0x10", origin), { kind: "integer", integer: 16n });
  assert.equal(parseTomlValue("1\nb = 2", origin), undefined);
  assert.equal(parseTomlValue("1 2", origin), undefined);
  assert.equal(parseTomlValue("", origin), undefined);
});

test("a key that was typed twice, and a text without quotes, are called what they are", () => {
  assert.match(messageOf('command = command = "x"\n'), /The key "command" stands there twice\.$/);
  assert.match(messageOf("format = arrow\n"), /Text stands in quotes: format = "arrow"$/);
  assert.doesNotMatch(messageOf("a = true false\n"), /quotes/);
});
