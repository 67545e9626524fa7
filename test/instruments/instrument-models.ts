import type { Instrument } from "./simulated-instrument.ts";

/** Takes the command off a line that sets something: "WAV 800" gives "800". */
function argument(line: string, command: string): string | undefined {
  return line.startsWith(`${command} `) ? line.slice(command.length + 1) : undefined;
}

export type MaiTaiState = { shutter: boolean; emission: boolean; target: number; readonly errors: string[] };

/** The dialogue of a Mai Tai. The wavelength travels at `nanometresPerSecond`, the shutter at once. */
export function maiTai(nanometresPerSecond: number): {
  readonly respond: Instrument;
  readonly state: MaiTaiState;
} {
  const state: MaiTaiState = { shutter: false, emission: false, target: 800, errors: [] };
  let from = 800;
  let sinceMs = performance.now();
  const wavelength = () => {
    const way = ((performance.now() - sinceMs) / 1000) * nanometresPerSecond;
    return from + Math.sign(state.target - from) * Math.min(way, Math.abs(state.target - from));
  };
  const answers: { readonly [query: string]: () => string } = {
    "*IDN?": () => "Spectra-Physics, MaiTai, 0, 0453-8620A/5.10/J40-4420H",
    "SYSTem:ERR?": () => state.errors.shift() ?? "0 No error",
    "READ:POWer?": () => (state.emission && state.shutter ? "1.85W" : "0.00W"),
    "READ:WAVelength?": () => `${Math.round(wavelength())}nm`,
    "READ:PCTWarmedup?": () => "100%",
    "WAVelength?": () => `${state.target}nm`,
    "WAVelength:MIN?": () => "690nm",
    "WAVelength:MAX?": () => "1040nm",
    "SHUTter?": () => (state.shutter ? "1" : "0"),
    "*STB?": () => (state.emission ? "64" : "0"),
  };
  const respond: Instrument = (line) => {
    const answer = answers[line];
    if (answer !== undefined) return answer();
    const target = argument(line, "WAVelength");
    const shutter = argument(line, "SHUTter");
    if (target !== undefined && Number(target) >= 690 && Number(target) <= 1040) {
      from = wavelength();
      sinceMs = performance.now();
      state.target = Number(target);
    } else if (shutter !== undefined) state.shutter = shutter === "1";
    else if (line === "ON" || line === "OFF") state.emission = line === "ON";
    else state.errors.push(target === undefined ? "1 CMD_ERR" : "2 EXE_ERR");
    return undefined;
  };
  return { respond, state };
}

export type MeterState = { watts: string; wavelength: string; echo: boolean };

/** The dialogue of a Newport 1830-C: single letters, no errors, an echo until it is switched off. */
export function newportMeter(): { readonly respond: Instrument; readonly state: MeterState } {
  const state: MeterState = { watts: "+.75E-3", wavelength: "0633", echo: true };
  const answers: { readonly [query: string]: () => string } = {
    "D?": () => state.watts,
    "W?": () => state.wavelength,
    "U?": () => "1",
    "A?": () => "0",
    "F?": () => "2",
    "R?": () => "4",
    "Z?": () => "0",
  };
  const respond: Instrument = (line) => {
    const echoed = state.echo ? line : undefined;
    if (line.startsWith("E")) state.echo = line === "E1";
    if (/^W\d{4}$/.test(line)) state.wavelength = line.slice(1);
    return answers[line]?.() ?? echoed;
  };
  return { respond, state };
}
