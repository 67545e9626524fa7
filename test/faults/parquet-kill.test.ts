import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { killParquetRound } from "./parquet-kill-round.ts";

/** `npm run soak -- kill-parquet` for a long look. */
const kills = 6;

test(`killed at ${kills} random moments, all up to the last checkpoint comes back, by recover and by resuming`, async () => {
  const folder = await mkdtemp(join(tmpdir(), "daq-parquet-kill-"));
  let mostRowGroups = 0;
  try {
    for (let round = 0; round < kills; round++) {
      const { extent } = await killParquetRound(folder, round, Math.random() * 250);
      mostRowGroups = Math.max(mostRowGroups, extent.rowGroups);
    }
    assert.ok(mostRowGroups > 0, "at least one run had more than one row group");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
