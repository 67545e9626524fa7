import { DaqError } from "../../model/errors.ts";
import type { RecordsToWrite } from "../../model/frame-sink.ts";
import type { Readings, ReadingValue } from "../../model/reading.ts";
import type { Column, StreamSchema } from "../../model/stream-schema.ts";
import type { Connectable, Readable } from "../capabilities.ts";
import { configuredSchema } from "../configured-schema.ts";
import type { FrameSource, SourceContext } from "../contract.ts";
import { sampleOffsetNs } from "../sample-times.ts";
import { takenOrLost } from "../taken-or-lost.ts";
import type { Description } from "./description.ts";
import { namedReadings } from "./instrument.ts";
import type { NamedQuantities } from "./quantities.ts";

/** How many losses are shown; the rest is only counted. */
const shownLosses = 5;

/** An instrument that is asked for its readings again and again. */
export function polledSource(
  id: string,
  description: Description,
  source: string,
  rateHz: number,
  connect: (context: SourceContext) => Readable & Connectable,
): FrameSource {
  const columns = columnsOf(id, description);
  if (columns.length === 0) return withoutRecords(id, description);
  const schema = configuredSchema({
    name: id,
    kind: "table",
    columns,
    source,
    clock: "system",
    rateHz,
    metadata: { instrument: description.name },
  });

  async function run(context: SourceContext): Promise<void> {
    const { clock, signal, warn, recordLimit = Number.POSITIVE_INFINITY } = context;
    const stream = context.sink.openStream(schema);
    if (signal.aborted) return;
    const instrument = connect(context);
    try {
      await instrument.connect(signal);
      const startNs = clock.nowNs();
      let losses = 0;
      for (let record = 0, slot = 0; record < recordLimit; record++, slot++) {
        // What took longer than its slot shifts those after it, instead of a hurry to catch up.
        const lateNs = clock.nowNs() - (startNs + sampleOffsetNs(slot, rateHz));
        if (lateNs < 0n) await clock.sleep(Number(-lateNs) / 1e6, signal);
        else slot += Math.floor((Number(lateNs) / 1e9) * rateHz);
        if (signal.aborted) break;
        let readings: Readings;
        try {
          readings = await instrument.read(signal);
        } catch (error) {
          if (signal.aborted) break;
          if (!(error instanceof DaqError) || error.code !== "device") throw error;
          await stream.lose(1, "device", error.message);
          losses++;
          if (losses <= shownLosses) warn(`${id}: a reading is lost: ${error.message}`);
          if (losses === shownLosses) warn(`${id}: further losses are only counted.`);
          continue;
        }
        await takenOrLost(stream, 1, () => stream.write(recordOf(schema, readings)));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await instrument.disconnect();
    }
  }

  return { id, streams: [schema], run };
}

/** An instrument that is there for plans: a shutter, for instance. */
function withoutRecords(id: string, { name }: Description): FrameSource {
  return {
    id,
    streams: [],
    run: async ({ warn }) =>
      warn(`${id}: ${name} has no reading that is a number, so nothing of it is recorded.`),
  };
}

function columnsOf(id: string, description: Description): readonly Column[] {
  const { axis } = description;
  const quantities: NamedQuantities = new Map([
    ...(axis === undefined ? [] : ([[id, axis.readBack]] as const)),
    ...namedReadings(id, description),
  ]);
  return [...quantities].flatMap(([name, { type, unit, limits, query }]): Column[] => {
    if (type !== "number" && type !== "boolean") return [];
    return [
      {
        name,
        dtype: type === "number" ? "float64" : "uint8",
        shape: [],
        dims: [],
        nullable: true,
        description: query,
        ...(unit === null ? {} : { unit }),
        ...(limits === undefined ? {} : { range: limits }),
      },
    ];
  });
}

function recordOf({ columns: described }: StreamSchema, readings: Readings): RecordsToWrite {
  const columns: Uint8Array[] = [];
  const validity: Uint8Array[] = [];
  let timestampNs = 0n;
  for (const { name, dtype } of described) {
    const reading = readings[name]!;
    const value = numberOf(reading.value);
    if (reading.timestampNs > timestampNs) timestampNs = reading.timestampNs;
    validity.push(new Uint8Array([value === null ? 0 : 1]));
    const stored = value ?? (dtype === "float64" ? Number.NaN : 0);
    columns.push(
      dtype === "float64" ? new Uint8Array(new Float64Array([stored]).buffer) : new Uint8Array([stored]),
    );
  }
  return { count: 1, timestampNs, columns, validity };
}

function numberOf(value: ReadingValue): number | null {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" ? value : null;
}
