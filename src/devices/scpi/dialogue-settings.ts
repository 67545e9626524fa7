import type { MetadataValue } from "../../model/metadata.ts";
import type { Setting } from "../../model/setting.ts";
import { checkPattern } from "./setting-checks.ts";

export const instrumentSettings = [
  { key: "name", kind: "string", required: true, example: '"Acme Laser 3"', doc: "Maker and model." },
  {
    key: "main",
    kind: "string",
    doc: "The one of [readings] that is called like the device, without its own name.",
  },
] as const satisfies readonly Setting[];

export const connectionSettings = [
  { key: "baud", kind: "integer", min: 1, default: 9600, unit: "Bd", doc: "serial: symbols in a second." },
  { key: "data_bits", kind: "integer", min: 5, max: 8, default: 8, doc: "serial: bits of a character." },
  {
    key: "stop_bits",
    kind: "number",
    default: 1,
    check: (value: MetadataValue) =>
      [1, 1.5, 2].includes(Number(value)) ? undefined : "expected 1, 1.5 or 2",
    doc: "serial: 1, 1.5 or 2.",
  },
  {
    key: "parity",
    kind: "string",
    choices: ["none", "even", "odd", "mark", "space"],
    default: "none",
    doc: "serial: parity bit.",
  },
  {
    key: "flow_control",
    kind: "string",
    choices: ["none", "xon-xoff", "rts-cts"],
    default: "none",
    doc: "serial: how one side holds the other back.",
  },
  { key: "write_terminator", kind: "string", default: "\n", doc: "Ends each message." },
  {
    key: "read_terminator",
    kind: "string",
    default: "\n",
    doc: "Ends each answer; a carriage return before a line feed is taken off too.",
  },
  {
    key: "timeout_ms",
    kind: "integer",
    min: 1,
    default: 2000,
    unit: "ms",
    doc: "How long an answer may take.",
  },
  { key: "pacing_ms", kind: "integer", min: 0, default: 0, unit: "ms", doc: "Rest between two messages." },
  {
    key: "quiet_ms",
    kind: "integer",
    min: 1,
    default: 50,
    unit: "ms",
    doc: "Silence after which nothing more is expected to come.",
  },
  {
    key: "query_retries",
    kind: "integer",
    min: 0,
    max: 10,
    default: 1,
    doc: "How often a query without a good answer is asked again. Commands are never sent twice.",
  },
  {
    key: "echo",
    kind: "boolean",
    default: false,
    doc: "The instrument repeats each message before it answers.",
  },
  {
    key: "initial",
    kind: "string-or-strings",
    doc: "Sent after each connection, also when it was lost in between: what makes the dialogue work, not a reset.",
  },
] as const satisfies readonly Setting[];

export const identitySettings = [
  { key: "query", kind: "string", default: "*IDN?", doc: "Asks who it is." },
  {
    key: "pattern",
    kind: "string",
    required: true,
    example: "'Acme,Laser 3'",
    check: checkPattern,
    doc: "Regular expression that the answer has to match.",
  },
] as const satisfies readonly Setting[];

export const errorSettings = [
  { key: "query", kind: "string", default: "SYST:ERR?", doc: "Takes the oldest error out of the queue." },
  {
    key: "none",
    kind: "string",
    default: "^[+-]?0+\\b",
    check: checkPattern,
    doc: "Regular expression of the answer when there is none.",
  },
  {
    key: "when",
    kind: "string",
    choices: ["after-commands", "after-failures"],
    default: "after-commands",
    doc: "Asked after each command, or only when something failed.",
  },
] as const satisfies readonly Setting[];
