import { DaqError } from "../../model/errors.ts";
import type { MetadataValue } from "../../model/metadata.ts";
import type { SettingValues } from "../../model/setting.ts";
import { type Connectable, can, type Device } from "../capabilities.ts";
import type { Clock, Driver } from "../contract.ts";
import type { Description } from "./description.ts";
import { descriptionEnding, descriptionProblem, findDescription } from "./find-description.ts";
import { createInstrument } from "./instrument.ts";
import { polledSource } from "./polled-source.ts";
import { serialTransport } from "./serial-transport.ts";
import { Session } from "./session.ts";
import { checkLimits } from "./setting-checks.ts";
import { type TcpAddress, tcpTransport } from "./tcp-transport.ts";

/** Instruments that answer to lines of text, SCPI or not, each described in a TOML file. */
export const scpiDriver: Driver & Required<Pick<Driver, "create" | "createDevice">> = {
  name: "scpi",
  summary: "An instrument that is told and asked in lines of text, over TCP or a serial port.",
  settings: [
    {
      key: "description",
      kind: "string",
      required: true,
      example: '"newport.1830-c"',
      fileEnding: descriptionEnding,
      check: (value) => descriptionProblem(String(value)),
      doc: "What the instrument understands: the name of a description that comes with the package, or the path of one of your own, from the folder of the configuration.",
    },
    {
      key: "tcp",
      kind: "string",
      example: 'tcp = "192.168.0.20:5025"',
      check: (value) => (addressOf(String(value)) === undefined ? 'expected "host:port"' : undefined),
      doc: "Host and port of the instrument. Either this or `serial`.",
    },
    {
      key: "serial",
      kind: "string",
      example: 'serial = "/dev/ttyUSB0"',
      doc: "Serial port that the instrument is connected to. Either this or `tcp`.",
    },
    {
      key: "baud",
      kind: "integer",
      min: 1,
      unit: "Bd",
      doc: "Speed of the serial port. Absent: as described.",
    },
    {
      key: "connect_timeout_ms",
      kind: "integer",
      default: 5000,
      min: 1,
      unit: "ms",
      doc: "How long to wait for a TCP connection.",
    },
    {
      key: "timeout_ms",
      kind: "integer",
      min: 1,
      unit: "ms",
      doc: "How long an answer may take. Absent: as described.",
    },
    {
      key: "limits",
      kind: "any",
      check: checkLimits,
      doc: "Narrower limits of the axis, as in [710, 990]. Absent: as described.",
    },
    {
      key: "rate_hz",
      kind: "number",
      default: 1,
      unit: "Hz",
      check: checkRate,
      doc: "`daq record`: how often the readings are asked for.",
    },
  ],
  create(id, settings) {
    const { description, place, open } = configured(id, settings);
    const source = `scpi: ${description.name} at ${place}`;
    return polledSource(id, description, source, settings.rate_hz as number, ({ clock }) => {
      const instrument = open(clock);
      if (can(instrument, "readable")) return instrument;
      throw new DaqError("config", `Device "${id}": ${description.name} gives no readings.`);
    });
  },
  createDevice: (id, settings, { clock }) => configured(id, settings).open(clock),
};

function checkRate(value: MetadataValue): string | undefined {
  return Number(value) > 0 && Number(value) <= 1000 ? undefined : "expected a number above 0, at most 1000";
}

function addressOf(text: string): TcpAddress | undefined {
  const match = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  return match !== null && port >= 1 && port <= 65535 ? { host: (match[1] ?? match[2])!, port } : undefined;
}

type Configured = {
  readonly description: Description;
  readonly place: string;
  readonly open: (clock: Clock) => Device & Connectable;
};

function configured(id: string, settings: SettingValues): Configured {
  const tcp = settings.tcp as string | undefined;
  const serial = settings.serial as string | undefined;
  const place = tcp ?? serial;
  if (place === undefined || (tcp !== undefined && serial !== undefined))
    throw new DaqError(
      "config",
      `Device "${id}": expected one of "tcp" and "serial", found ${place === undefined ? "none" : "both"}.`,
      {
        hint: 'Say how it is connected: tcp = "host:port", or serial = "/dev/ttyUSB0".',
      },
    );
  const description = adjusted(id, findDescription(settings.description as string), settings);
  const { serialLine, dialect } = description;
  const connectTimeoutMs = settings.connect_timeout_ms as number;
  return {
    description,
    place,
    open(clock) {
      const open =
        tcp === undefined
          ? serialTransport(id, place, serialLine)
          : tcpTransport(id, addressOf(tcp)!, connectTimeoutMs, clock);
      const session = new Session({ id, place, open, dialect, clock });
      return createInstrument(id, description, session, clock);
    },
  };
}

/** The description with what the device's own settings put in its place. */
function adjusted(id: string, description: Description, settings: SettingValues): Description {
  const { axis, serialLine, dialect } = description;
  const limits = settings.limits as readonly [number, number] | undefined;
  const baud = settings.baud as number | undefined;
  const timeoutMs = settings.timeout_ms as number | undefined;
  const wide = axis?.readBack.limits;
  if (limits !== undefined && axis === undefined)
    throw new DaqError(
      "config",
      `Device "${id}": "limits" are those of an axis, and ${description.name} has none.`,
      {
        hint: 'Remove "limits".',
      },
    );
  if (limits !== undefined && wide !== undefined && (limits[0] < wide[0] || limits[1] > wide[1]))
    throw new DaqError(
      "config",
      `Device "${id}": limits ${limits[0]} to ${limits[1]} are wider than the described ${wide[0]} to ${wide[1]}.`,
      {
        hint: "Narrow them; what the instrument can do stands in its description.",
      },
    );
  return {
    ...description,
    serialLine: { ...serialLine, ...(baud === undefined ? {} : { baud }) },
    dialect: { ...dialect, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
    ...(axis === undefined || limits === undefined
      ? {}
      : { axis: { ...axis, readBack: { ...axis.readBack, limits } } }),
  };
}
