import type { MetadataValue } from "../../model/metadata.ts";
import type { Setting } from "../../model/setting.ts";

function checkPattern(value: MetadataValue): string | undefined {
  try {
    new RegExp(String(value));
    return undefined;
  } catch (cause) {
    return `not a regular expression: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

export function checkLimits(value: MetadataValue): string | undefined {
  const [low, high, ...more] = Array.isArray(value) ? (value as readonly MetadataValue[]) : [];
  return typeof low === "number" && typeof high === "number" && more.length === 0 && low < high
    ? undefined
    : "expected two numbers, the smaller one first";
}

function checkAssignment(value: MetadataValue): string | undefined {
  const commands: readonly MetadataValue[] = Array.isArray(value) ? value : [value as string];
  return commands.some((command) => String(command).includes("{value}"))
    ? undefined
    : "expected {value} where the number goes";
}

function checkChoices(value: MetadataValue): string | undefined {
  const isTable = typeof value === "object" && !Array.isArray(value);
  return isTable && Object.values(value).every((name) => typeof name === "string")
    ? undefined
    : 'expected a table of answers and what they stand for, as in { "1" = "W", "2" = "dB" }';
}

const answerSettings = [
  {
    key: "type",
    kind: "string",
    choices: ["number", "boolean", "text", "choice"],
    default: "number",
    doc: "What the answer is. A boolean is 1, ON, TRUE, 0, OFF or FALSE, or a bit of a whole number.",
  },
  {
    key: "pattern",
    kind: "string",
    check: checkPattern,
    doc: "Regular expression that an answer matches; its first group is the value. Absent: all of the answer.",
  },
  {
    key: "missing",
    kind: "string",
    check: checkPattern,
    doc: "Regular expression of answers that mean: no value. The number 9.91E37 and the infinities ±9.9E37 of SCPI always do.",
  },
  {
    key: "choices",
    kind: "any",
    check: checkChoices,
    doc: 'choice: what each answer stands for, as in { "1" = "W", "2" = "dB" }.',
  },
  {
    key: "bit",
    kind: "integer",
    min: 0,
    max: 31,
    doc: "boolean: the bit of the whole number that was answered.",
  },
] as const satisfies readonly Setting[];

const quantitySettings = [
  {
    key: "unit",
    kind: "string",
    doc: "Unit of the value, in the spelling of UDUNITS. Absent: a pure number, or no number.",
  },
  { key: "precision", kind: "integer", min: 0, max: 15, doc: "Digits after the point that mean something." },
  { key: "limits", kind: "any", check: checkLimits, doc: "Smallest and largest value, as in [0, 4]." },
] as const satisfies readonly Setting[];

export const readingSettings = [
  { key: "query", kind: "string", required: true, example: '"MEAS:VOLT?"', doc: "What asks for the value." },
  ...answerSettings,
  ...quantitySettings,
] as const satisfies readonly Setting[];

const numberSettings = [
  {
    key: "decimals",
    kind: "integer",
    min: 0,
    max: 15,
    doc: "Digits after the point of a number that is sent. Absent: as many as it takes.",
  },
  {
    key: "width",
    kind: "integer",
    min: 1,
    max: 32,
    doc: "Characters of a number that is sent, filled up with zeros in front.",
  },
] as const satisfies readonly Setting[];

const assignment = {
  kind: "string-or-strings",
  required: true,
  example: '"WAV {value}"',
  check: checkAssignment,
} as const;

export const axisSettings = [
  {
    key: "set",
    ...assignment,
    doc: "Sends the axis somewhere: one message or several, with {value} for the number.",
  },
  ...numberSettings,
  {
    key: "query",
    kind: "string",
    required: true,
    example: '"READ:WAV?"',
    doc: "Asks where the axis is: the read-back.",
  },
  {
    key: "set_point",
    kind: "string",
    doc: "Asks where it was sent to; the answer is read like the read-back. Absent: what was sent last.",
  },
  {
    key: "pattern",
    kind: "string",
    check: checkPattern,
    doc: "Regular expression that the answers match; its first group is the number.",
  },
  {
    key: "missing",
    kind: "string",
    check: checkPattern,
    doc: "Regular expression of answers that mean: no value.",
  },
  { key: "unit", kind: "string", doc: "Unit of the axis." },
  { key: "precision", kind: "integer", min: 0, max: 15, doc: "Digits after the point that mean something." },
  { key: "limits", kind: "any", check: checkLimits, doc: "Where it can go, as in [690, 1040]." },
  {
    key: "stop",
    kind: "string-or-strings",
    doc: "Ends a movement. Absent: the axis is sent to where it is.",
  },
] as const satisfies readonly Setting[];

const waitingSettings = [
  {
    key: "interval_ms",
    kind: "integer",
    min: 1,
    default: 100,
    unit: "ms",
    doc: "From one time of asking to the next.",
  },
  {
    key: "timeout_ms",
    kind: "integer",
    min: 1,
    default: 60_000,
    unit: "ms",
    doc: "How long to wait until it is an error.",
  },
] as const satisfies readonly Setting[];

export const settleSettings = [
  { key: "query", kind: "string", doc: "Asked again and again. Absent: the read-back." },
  {
    key: "within",
    kind: "number",
    min: 0,
    doc: "Over when the answer, a number like the read-back, is as near as this to the target.",
  },
  { key: "pattern", kind: "string", check: checkPattern, doc: "Over when the answer matches." },
  {
    key: "bit",
    kind: "integer",
    min: 0,
    max: 31,
    doc: "Over when this bit of the whole number that is answered is as in `bit_set`.",
  },
  { key: "bit_set", kind: "boolean", default: true, doc: "Whether `bit` is to be 1." },
  {
    key: "hold_ms",
    kind: "integer",
    min: 0,
    default: 0,
    unit: "ms",
    doc: "For as long as this it has to stay so.",
  },
  ...waitingSettings,
] as const satisfies readonly Setting[];

export const wavelengthSettings = [
  {
    key: "set",
    ...assignment,
    example: '"W{value}"',
    doc: "Tells the wavelength in nm: one message or several, with {value} for the number.",
  },
  ...numberSettings,
  {
    key: "limits",
    kind: "any",
    required: true,
    example: "[400, 1100]",
    check: checkLimits,
    doc: "Smallest and largest wavelength in nm.",
  },
] as const satisfies readonly Setting[];

const stateSettings = [
  {
    key: "query",
    kind: "string",
    doc: "Asked until it says so. Absent: it is so when the command has been sent.",
  },
  ...answerSettings.filter(({ key }) => key === "pattern" || key === "bit"),
  ...waitingSettings.map((setting) =>
    setting.key === "timeout_ms" ? { ...setting, default: 5000 } : setting,
  ),
] as const satisfies readonly Setting[];

export const shutterSettings = [
  { key: "open", kind: "string-or-strings", required: true, example: '"SHUT 1"', doc: "Opens it." },
  { key: "close", kind: "string-or-strings", required: true, example: '"SHUT 0"', doc: "Closes it." },
  ...stateSettings,
] as const satisfies readonly Setting[];

export const emissionSettings = [
  { key: "on", kind: "string-or-strings", required: true, example: '"ON"', doc: "Switches it on." },
  { key: "off", kind: "string-or-strings", required: true, example: '"OFF"', doc: "Switches it off." },
  ...stateSettings,
] as const satisfies readonly Setting[];

export const stateCommandSettings = [
  { key: "staged", kind: "string-or-strings", doc: "Sent before a run." },
  { key: "unstaged", kind: "string-or-strings", doc: "Sent after a run, whatever happened in it." },
  {
    key: "safe",
    kind: "string-or-strings",
    doc: "Sent when nothing must be able to happen: shutter closed, emission off.",
  },
] as const satisfies readonly Setting[];

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
