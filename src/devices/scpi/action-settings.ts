import type { Setting } from "../../model/setting.ts";
import { answerSettings, precision } from "./reading-settings.ts";
import { checkAssignment, checkLimits, checkPattern } from "./setting-checks.ts";

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
  precision,
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
