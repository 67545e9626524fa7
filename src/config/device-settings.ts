import type { MetadataValue } from "../model/metadata.ts";
import type { Setting } from "../model/setting.ts";
import { isStreamName } from "../model/stream-schema.ts";
import { quoted } from "../toml/shortened.ts";

/** The keys that every entry of `[[devices]]` has; the driver's own keys stand beside them. */
export const deviceSettings = [
  {
    key: "id",
    kind: "string",
    doc: "Name of the device, used once; its streams and files are called after it.",
    required: true,
    example: '"camera0"',
    check: (value: MetadataValue) =>
      isStreamName(String(value))
        ? undefined
        : `expected 1 to 100 letters, digits, "_", "-" or single ".", found ${quoted(String(value))}`,
  },
  {
    key: "driver",
    kind: "string",
    doc: "Which driver talks to it; `daq devices` lists them.",
    required: true,
    example: '"sim.camera"',
  },
  {
    key: "format",
    kind: "string-or-strings",
    doc: "Format or formats of this device's streams, in place of `format` in `[storage]`.",
    example: '"csv"',
  },
] as const satisfies readonly Setting[];
