import type { MetadataValue } from "../model/metadata.ts";
import type { Setting } from "../model/setting.ts";

// 1 TiB: more than a machine has, less than what overflows an offset.
const largestMb = 1_048_576;

/** The keys of `[ring_buffer]`. */
export const ringBufferSettings = [
  {
    key: "size_mb",
    kind: "number",
    doc: "Size of the ring: data rate times the seconds that writing may stand still. It is allocated in full.",
    unit: "MiB",
    min: 1,
    max: largestMb,
    default: 64,
  },
  {
    key: "path",
    kind: "string",
    doc: "The ring's file; it should be on a memory file system. Absent: a name of its own for each run in `/dev/shm`.",
    example: '"/dev/shm/daq_ring"',
    check: (value: MetadataValue) =>
      value === "" || String(value).endsWith("/")
        ? 'expected the path of a file, for example "/dev/shm/daq_ring"'
        : undefined,
  },
  {
    key: "overflow",
    kind: "string",
    doc: "What a full ring does: drops the oldest records, makes the devices wait, or grows.",
    choices: ["discard-oldest", "block", "resize"],
    default: "discard-oldest",
  },
  {
    key: "max_size_mb",
    kind: "number",
    doc: 'With `overflow = "resize"`: grows up to this size. Absent: four times `size_mb`.',
    unit: "MiB",
    min: 1,
    max: largestMb,
    example: "2000",
  },
  {
    key: "resize_then",
    kind: "string",
    doc: 'With `overflow = "resize"`: what a ring does that has grown to `max_size_mb` and is full again.',
    choices: ["discard-oldest", "block"],
    default: "discard-oldest",
  },
  {
    key: "block_timeout_ms",
    kind: "integer",
    doc: "With `block`: a device that has waited this long fails with a named error.",
    unit: "ms",
    min: 1,
    // The longest that a timer can wait.
    max: 2_147_483_647,
    default: 10_000,
  },
] as const satisfies readonly Setting[];
