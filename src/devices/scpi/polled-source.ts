import { DaqError } from "../../model/errors.ts";
import type { RecordsToWrite } from "../../model/frame-sink.ts";
import type { Column } from "../../model/stream-schema.ts";
import { usualTextBytes } from "../../model/text-values.ts";
import type { Connectable, Readable } from "../capabilities.ts";
import { configuredSchema } from "../configured-schema.ts";
import type { FrameSource, SourceContext } from "../contract.ts";
import { sampleOffsetNs } from "../sample-times.ts";
import { takenOrLost } from "../taken-or-lost.ts";
import type { DescribedQuantity, Description } from "./description.ts";
import { namedReadings } from "./instrument.ts";
import type { NamedQuantities } from "./quantities.ts";
import { recordOf } from "./record-of.ts";

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
        let taken: RecordsToWrite;
        try {
          taken = recordOf(schema, await instrument.read(signal));
        } catch (error) {
          if (signal.aborted) break;
          if (!(error instanceof DaqError) || error.code !== "device") throw error;
          await stream.lose(1, "device", error.message);
          losses++;
          if (losses <= shownLosses) warn(`${id}: a reading is lost: ${error.message}`);
          if (losses === shownLosses) warn(`${id}: further losses are only counted.`);
          continue;
        }
        await takenOrLost(stream, 1, () => stream.write(taken));
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
    run: async ({ warn }) => warn(`${id}: ${name} has no reading, so nothing of it is recorded.`),
  };
}

function columnsOf(id: string, description: Description): readonly Column[] {
  const { axis } = description;
  const quantities: NamedQuantities = new Map([
    ...(axis === undefined ? [] : ([[id, axis.readBack]] as const)),
    ...namedReadings(id, description),
  ]);
  return [...quantities].map(([name, quantity]): Column => {
    const { unit, limits, query } = quantity;
    return {
      name,
      shape: [],
      dims: [],
      nullable: true,
      description: query,
      ...elementOf(quantity),
      ...(unit === null ? {} : { unit }),
      ...(limits === undefined ? {} : { range: limits }),
    };
  });
}

/** A choice is the text that stands for the answer. */
function elementOf({ type, choices = {}, maxBytes }: DescribedQuantity): Pick<Column, "dtype" | "maxBytes"> {
  switch (type) {
    case "number":
      return { dtype: "float64" };
    case "boolean":
      return { dtype: "bool" };
    case "text":
      return { dtype: "string", maxBytes: maxBytes ?? usualTextBytes };
    case "choice":
      return {
        dtype: "string",
        maxBytes: Math.max(1, ...Object.values(choices).map((text) => Buffer.byteLength(text))),
      };
  }
}
