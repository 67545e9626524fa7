import type { Setting } from "../../model/setting.ts";
import { type CheckedTable, checkTable } from "../../toml/check-table.ts";
import { type ConfigTable, describeValue, type Entry } from "../../toml/config-value.ts";
import { suggestion } from "../../toml/nearest-name.ts";
import type { Origin } from "../../toml/origin.ts";
import { Problems } from "../../toml/problems.ts";
import type { ValuesOf } from "../../toml/setting-type.ts";
import { quoted } from "../../toml/shortened.ts";
import { parseTomlDocument } from "../../toml/toml-document.ts";
import {
  axisSettings,
  emissionSettings,
  settleSettings,
  shutterSettings,
  stateCommandSettings,
  wavelengthSettings,
} from "./action-settings.ts";
import type {
  Answer,
  Assignment,
  DescribedAxis,
  DescribedQuantity,
  Description,
  Dialect,
  SerialLine,
  Settling,
  Switch,
} from "./description.ts";
import {
  connectionSettings,
  errorSettings,
  identitySettings,
  instrumentSettings,
} from "./dialogue-settings.ts";
import { readingSettings } from "./reading-settings.ts";

const tables = [
  "instrument",
  "connection",
  "identity",
  "errors",
  "readings",
  "parameters",
  "axis",
  "wavelength",
  "shutter",
  "emission",
  "states",
] as const;

/** What can be told or asked; a description has at least one of these. */
const abilities = ["readings", "parameters", "axis", "wavelength", "shutter", "emission", "states"] as const;

/**
 * Reads the description of an instrument. `path` is its name in messages. Throws one `DaqError("config")` with every
 * mistake, each with its line.
 */
export function parseDescription(text: string, path: string): Description {
  return new DescriptionReader(parseTomlDocument(text, path), path).read();
}

/** The values of keys that are wrong or missing are undefined, whatever their type says, until `read` has thrown. */
class DescriptionReader {
  readonly #document: ConfigTable;
  readonly #problems = new Problems();
  readonly #start: Origin;

  constructor(document: ConfigTable, path: string) {
    this.#document = document;
    this.#start = { kind: "file", path, line: 1, column: 1 };
  }

  read(): Description {
    this.#reportUnknownTables();
    const instrument = this.#table("instrument", instrumentSettings);
    const readings = this.#quantities("readings");
    const parameters = this.#quantities("parameters");
    const { main } = instrument.values;
    if (main !== undefined && !readings.has(main))
      this.#problems.add(
        instrument.origins.get("main"),
        "[instrument] main",
        `there is no [readings.${main}]; ${suggestion(main, [...readings.keys()], quoted)}`,
      );
    const axis = this.#axis();
    if (main !== undefined && axis !== undefined)
      this.#problems.add(
        instrument.origins.get("main"),
        "[instrument] main",
        "the read-back of the axis is called like the device already; leave main out",
      );
    const wavelength = this.#optional("wavelength", wavelengthSettings)?.values;
    const shutter = this.#optional("shutter", shutterSettings);
    const emission = this.#optional("emission", emissionSettings);
    const { staged, unstaged, safe } = this.#optional("states", stateCommandSettings)?.values ?? {};
    const dialect = this.#dialect();
    this.#problems.throwIfAny();
    return {
      name: instrument.values.name,
      ...dialect,
      readings,
      parameters,
      ...(main === undefined ? {} : { main }),
      ...(axis === undefined ? {} : { axis }),
      ...(wavelength === undefined
        ? {}
        : { wavelength: { set: assignment(wavelength), limits: wavelength.limits as [number, number] } }),
      ...(shutter === undefined
        ? {}
        : { shutter: twoStates(shutter.values, shutter.values.open, shutter.values.close) }),
      ...(emission === undefined
        ? {}
        : { emission: twoStates(emission.values, emission.values.on, emission.values.off) }),
      ...(staged === undefined ? {} : { staged: list(staged) }),
      ...(unstaged === undefined ? {} : { unstaged: list(unstaged) }),
      ...(safe === undefined ? {} : { safe: list(safe) }),
    };
  }

  #reportUnknownTables(): void {
    for (const [key, { origin, value }] of this.#document) {
      if ((tables as readonly string[]).includes(key)) continue;
      const subject = value.kind === "table" ? `[${key}]` : quoted(key);
      const problem = value.kind === "table" ? "unknown table" : "this key stands outside of a table";
      this.#problems.add(origin, subject, `${problem}; ${suggestion(key, tables, (name) => `[${name}]`)}`);
    }
    if (!abilities.some((ability) => this.#document.has(ability)))
      this.#problems.add(
        this.#start,
        undefined,
        `nothing that the instrument can do is described; write at least one of ${abilities.map((name) => `[${name}]`).join(", ")}`,
      );
  }

  #table<const Settings extends readonly Setting[]>(
    name: string,
    settings: Settings,
    entry: Entry | undefined = this.#document.get(name),
  ): CheckedTable<ValuesOf<Settings>> {
    const title = `[${name}]`;
    let table: ConfigTable = new Map();
    if (entry?.value.kind === "table") table = entry.value.entries;
    else if (entry !== undefined)
      this.#problems.add(entry.origin, title, `expected a table, found ${describeValue(entry.value)}`);
    return checkTable({ settings, table, title, origin: entry?.origin ?? this.#start }, this.#problems);
  }

  #optional<const Settings extends readonly Setting[]>(
    name: string,
    settings: Settings,
  ): CheckedTable<ValuesOf<Settings>> | undefined {
    return this.#document.has(name) ? this.#table(name, settings) : undefined;
  }

  #quantities(group: "readings" | "parameters"): ReadonlyMap<string, DescribedQuantity> {
    const found = new Map<string, DescribedQuantity>();
    const entry = this.#document.get(group);
    if (entry !== undefined && entry.value.kind !== "table")
      this.#problems.add(entry.origin, `[${group}]`, `expected tables such as [${group}.power]`);
    if (entry?.value.kind !== "table") return found;
    for (const [name, inner] of entry.value.entries) {
      const title = `${group}.${name}`;
      if (!/^[A-Za-z]\w*$/.test(name))
        this.#problems.add(inner.origin, `[${title}]`, 'expected a name of letters, digits and "_"');
      if (inner.value.kind !== "table") {
        this.#problems.add(
          inner.origin,
          `[${group}] ${name}`,
          `expected a table; write [${title}] above its keys`,
        );
        continue;
      }
      const { values, origins, invalid } = this.#table(title, readingSettings, inner);
      const { type, choices, bit, max_bytes: maxBytes } = values;
      if (type === "choice" && choices === undefined && !invalid.has("choices"))
        this.#problems.add(inner.origin, `[${title}] choices`, 'missing; type = "choice" needs it');
      if (type !== "choice" && choices !== undefined)
        this.#problems.add(origins.get("choices"), `[${title}] choices`, 'belongs to type = "choice"');
      if (type !== "boolean" && bit !== undefined)
        this.#problems.add(origins.get("bit"), `[${title}] bit`, 'belongs to type = "boolean"');
      if (type !== "text" && maxBytes !== undefined)
        this.#problems.add(origins.get("max_bytes"), `[${title}] max_bytes`, 'belongs to type = "text"');
      found.set(name, { ...answer(values), ...quantityOf(values) });
    }
    return found;
  }

  #axis(): DescribedAxis | undefined {
    const entry = this.#document.get("axis");
    if (entry === undefined) return undefined;
    const inner = entry.value.kind === "table" ? entry.value.entries : undefined;
    const settle = inner?.get("settle");
    const own = new Map([...(inner ?? [])].filter(([key]) => key !== "settle"));
    const { values } = this.#table("axis", axisSettings, {
      origin: entry.origin,
      value: inner === undefined ? entry.value : { kind: "table", entries: own },
    });
    const { set_point: setPointQuery, stop } = values;
    return {
      set: assignment(values),
      readBack: { ...answer({ ...values, type: "number" }), ...quantityOf(values) },
      ...(setPointQuery === undefined ? {} : { setPointQuery }),
      ...(stop === undefined ? {} : { stop: list(stop) }),
      ...(settle === undefined ? {} : { settling: this.#settling(settle) }),
    };
  }

  #settling(entry: Entry): Settling {
    const { values, invalid } = this.#table("axis.settle", settleSettings, entry);
    const { query, pattern, within, bit } = values;
    const given = [pattern, within, bit].filter((one) => one !== undefined).length;
    if (given !== 1 && invalid.size === 0)
      this.#problems.add(
        entry.origin,
        "[axis.settle]",
        `expected one of "within", "pattern" and "bit", found ${given === 0 ? "none" : "more"}`,
      );
    return {
      ...(query === undefined ? {} : { query }),
      ...(pattern === undefined ? {} : { pattern: patternOf(pattern) }),
      ...(within === undefined ? {} : { within }),
      ...(bit === undefined ? {} : { bit }),
      bitSet: values.bit_set,
      holdMs: values.hold_ms,
      intervalMs: values.interval_ms,
      timeoutMs: values.timeout_ms,
    };
  }

  #dialect(): { readonly serialLine: SerialLine; readonly dialect: Dialect } {
    const { values, origins } = this.#table("connection", connectionSettings);
    if (values.read_terminator === "")
      this.#problems.add(
        origins.get("read_terminator"),
        "[connection] read_terminator",
        "expected at least one character",
      );
    const identity = this.#optional("identity", identitySettings)?.values;
    const errors = this.#optional("errors", errorSettings)?.values;
    return {
      serialLine: {
        baud: values.baud,
        dataBits: values.data_bits as SerialLine["dataBits"],
        stopBits: values.stop_bits as SerialLine["stopBits"],
        parity: values.parity,
        flowControl: values.flow_control,
      },
      dialect: {
        writeTerminator: values.write_terminator,
        readTerminator: values.read_terminator,
        timeoutMs: values.timeout_ms,
        pacingMs: values.pacing_ms,
        quietMs: values.quiet_ms,
        queryRetries: values.query_retries,
        echo: values.echo,
        initial: values.initial === undefined ? [] : list(values.initial),
        ...(identity === undefined
          ? {}
          : { identity: { query: identity.query, pattern: patternOf(identity.pattern) } }),
        ...(errors === undefined
          ? {}
          : { errors: { query: errors.query, none: patternOf(errors.none), when: errors.when } }),
      },
    };
  }
}

/** A wrong pattern is a problem that is known already; this one stands in for it until that is said. */
function patternOf(source: string | undefined): RegExp {
  return new RegExp(source ?? "");
}

function list(value: string | readonly string[]): readonly string[] {
  return typeof value === "string" ? [value] : value;
}

type AnswerValues = Pick<ValuesOf<typeof readingSettings>, "query" | "type" | "pattern" | "missing"> &
  Partial<Pick<ValuesOf<typeof readingSettings>, "choices" | "bit">>;

function answer({ query, type, pattern, missing, choices, bit }: AnswerValues): Answer {
  return {
    query,
    type,
    ...(pattern === undefined ? {} : { pattern: patternOf(pattern) }),
    ...(missing === undefined ? {} : { missing: patternOf(missing) }),
    ...(choices === undefined ? {} : { choices: choices as { readonly [answer: string]: string } }),
    ...(bit === undefined ? {} : { bit }),
  };
}

type QuantityValues = Pick<ValuesOf<typeof readingSettings>, "unit" | "precision" | "limits"> &
  Partial<Pick<ValuesOf<typeof readingSettings>, "max_bytes">>;

function quantityOf({
  unit,
  precision,
  limits,
  max_bytes: maxBytes,
}: QuantityValues): Omit<DescribedQuantity, keyof Answer> {
  return {
    unit: unit ?? null,
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(precision === undefined ? {} : { precision }),
    ...(limits === undefined ? {} : { limits: limits as [number, number] }),
  };
}

type AssignmentValues = Pick<ValuesOf<typeof wavelengthSettings>, "set" | "decimals" | "width">;

function assignment({ set, decimals, width }: AssignmentValues): Assignment {
  return {
    commands: list(set),
    ...(decimals === undefined ? {} : { decimals }),
    ...(width === undefined ? {} : { width }),
  };
}

type SwitchValues = {
  readonly query: string | undefined;
  readonly pattern: string | undefined;
  readonly bit: number | undefined;
  readonly interval_ms: number;
  readonly timeout_ms: number;
};

function twoStates(
  { query, pattern, bit, interval_ms: intervalMs, timeout_ms: timeoutMs }: SwitchValues,
  on: string | readonly string[],
  off: string | readonly string[],
): Switch {
  const state =
    query === undefined ? undefined : answer({ query, type: "boolean", pattern, missing: undefined, bit });
  return { on: list(on), off: list(off), intervalMs, timeoutMs, ...(state === undefined ? {} : { state }) };
}
