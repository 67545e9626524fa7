import type { CheckedTable } from "../toml/check-table.ts";
import type { Problems } from "../toml/problems.ts";
import type { ValuesOf } from "../toml/setting-type.ts";
import type { RingBufferConfig } from "./config.ts";
import type { ringBufferSettings } from "./ring-buffer-settings.ts";

export type CheckedRingBuffer = CheckedTable<ValuesOf<typeof ringBufferSettings>>;

const growth = 4;

/**
 * Joins the keys of `[ring_buffer]`; combinations that contradict each other are problems. A key that belongs to
 * another overflow mode is not one: a file may hold the keys of all modes, so that changing the mode is one word.
 */
export function ringBufferConfigOf(checked: CheckedRingBuffer, problems: Problems): RingBufferConfig {
  const { values, origins, invalid } = checked;
  const { overflow, resize_then: resizeThen, size_mb: sizeMb, max_size_mb: maxSizeMb } = values;
  const resizes = overflow === "resize";
  if (resizes && maxSizeMb !== undefined && !invalid.has("size_mb") && maxSizeMb < sizeMb)
    problems.add(
      origins.get("max_size_mb"),
      "[ring_buffer] max_size_mb",
      `expected at least size_mb (${sizeMb}), found ${maxSizeMb}`,
    );
  return {
    sizeMb,
    ...(values.path === undefined ? {} : { path: values.path }),
    overflow,
    maxSizeMb: maxSizeMb ?? growth * sizeMb,
    resizeThen,
    blockTimeoutMs: values.block_timeout_ms,
  };
}
