import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { describeDocuments } from "./describe-documents.ts";

const reference = new URL("../../docs/documents.md", import.meta.url);

test("docs/documents.md lists the fields as they are checked", () => {
  const [, tables] = readFileSync(reference, "utf8").split(
    "<!-- the tables below follow from src/documents -->\n\n",
  );
  assert.equal(tables?.trimEnd(), describeDocuments());
});
