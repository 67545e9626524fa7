import type { Event } from "../../documents/event.ts";
import type { EventDescriptor } from "../../documents/event-descriptor.ts";
import type { Batch } from "../../model/batch.ts";
import { DaqError } from "../../model/errors.ts";
import { toJson } from "../../model/metadata.ts";
import { columnItemBytes, type StreamSchema } from "../../model/stream-schema.ts";
import { EventTable } from "./event-table.ts";
import { type TableKeys, tableKeys } from "./table-keys.ts";

/** Events that wait, where nobody says when they are final. */
const mostWaiting = 1_000;
/** Of images a batch has fewer rows than the caller asked for. */
const mostBatchBytes = 64 * 2 ** 20;

type Table = {
  readonly keys: TableKeys;
  readonly rows: EventTable;
  /** Rows that are written together. */
  readonly capacity: number;
  readonly schema: StreamSchema;
};

export type UnwritableKeys = "refuse" | "leave-out";

/**
 * The events of one stream until they are written. The last ones wait: after a pause they may be measured again, and then the
 * first measurement is dropped.
 */
export class DocumentStream {
  readonly name: string;
  /** As the program gave it. */
  readonly #descriptor: EventDescriptor;
  readonly #rowsPerBatch: number;
  readonly #unwritable: UnwritableKeys;
  /** That of the descriptor alone, for a stream that has no event yet. */
  readonly #planned: Table;
  #table: Table | undefined;
  #held: Event[] = [];
  #settled = 0;
  #isSettledByOthers = false;
  /** Highest number that was written. */
  #written = 0;
  /** Rows in the file. */
  stored = 0;
  /** Numbers that were written and then measured again: they are in the file twice, and the later one counts. */
  repeated = 0;

  /** Throws `DaqError("format")` for a stream that a table cannot hold. `name`: one that every format allows. */
  constructor(name: string, descriptor: EventDescriptor, rowsPerBatch: number, unwritable: UnwritableKeys) {
    this.name = name;
    this.#descriptor = descriptor;
    this.#unwritable = unwritable;
    this.#planned = this.#makeTable(1);
    this.#rowsPerBatch = rowsPerBatch;
  }

  /** Throws where a second descriptor has other columns. */
  describeAgain(descriptor: EventDescriptor): void {
    const shape = ({ data_keys: keys }: EventDescriptor) =>
      toJson(
        Object.entries(keys)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, { dtype, dtype_numpy: numpy, shape, units }]) => [
            name,
            dtype,
            numpy ?? "",
            shape,
            units ?? "",
          ]),
      );
    if (shape(descriptor) !== shape(this.#descriptor))
      throw new DaqError("format", `Stream ${this.name} is described again with other columns.`, {
        hint: "Give it another name.",
      });
  }

  add(event: Event): void {
    this.#table ??= this.#makeTable(this.#rowsPerBatch, event);
    const row = this.#table.keys.rowOf(event);
    const number = event.seq_num;
    if (number <= this.#written) this.repeated++;
    while (this.#held.length > 0 && this.#held.at(-1)!.seq_num >= number) this.#held.pop();
    this.#held.push(row);
    const { capacity } = this.#table;
    const mostHeld = this.#isSettledByOthers ? capacity : Math.min(capacity, mostWaiting);
    const settled = Math.min(this.#settled, this.#held.length - 1);
    this.#settled = Math.max(settled, this.#held.length - mostHeld);
  }

  /** What was added is final. */
  settle(): void {
    this.#isSettledByOthers = true;
    this.#settled = this.#held.length;
  }

  get hasBatch(): boolean {
    return this.#table !== undefined && this.#settled >= this.#table.capacity;
  }

  get hasFinal(): boolean {
    return this.#settled > 0;
  }

  /** The columns do not change any more: files were made with them. */
  fix(): void {
    this.#table ??= this.#makeTable(this.#rowsPerBatch);
  }

  get schema(): StreamSchema {
    return (this.#table ?? this.#planned).schema;
  }

  /** Names of quantities that are not in the table, with the reason. */
  get leftOut(): ReadonlyMap<string, string> {
    return (this.#table ?? this.#planned).keys.leftOut;
  }

  /** At most a batch of what is final, in memory that is used again. Counts as stored. */
  take(): Batch | undefined {
    if (this.#table === undefined || this.#settled === 0) return undefined;
    const { rows, schema, capacity } = this.#table;
    const events = this.#held.splice(0, Math.min(this.#settled, capacity));
    this.#settled -= events.length;
    for (const event of events) rows.add(event);
    const { count, timestampsNs, columns, validity } = rows.take()!;
    const sequences = BigInt64Array.from({ length: count }, (_, index) => BigInt(this.stored + index));
    this.stored += count;
    this.#written = Math.max(this.#written, events.at(-1)!.seq_num);
    return {
      stream: schema,
      count,
      timestampsNs: timestampsNs!,
      sequences,
      columns: columns.map((bytes, index) => {
        const valid = validity?.[index];
        return valid === undefined ? { bytes } : { bytes, validity: valid };
      }),
    };
  }

  #check(keys: TableKeys): TableKeys {
    const { data_keys: dataKeys } = this.#descriptor;
    for (const [name, reason] of keys.leftOut)
      if (this.#unwritable === "refuse" && !dataKeys[name]!.external)
        throw new DaqError("format", `Stream ${this.name}: ${name} has no column: ${reason}`, {
          hint: 'Let the device give it otherwise, or write the stream without it: unwritable: "leave-out".',
        });
    return keys;
  }

  #makeTable(mostRows: number, first?: Event): Table {
    const keys = this.#check(tableKeys(this.#descriptor, first));
    const described = { ...keys.descriptor, name: this.name };
    const single = new EventTable(described, 1);
    const capacity = rowsIn(single.schema, mostRows);
    const rows = capacity === 1 ? single : new EventTable(described, capacity);
    const { leftOut } = keys;
    const schema: StreamSchema = {
      ...rows.schema,
      metadata: {
        ...rows.schema.metadata,
        descriptor: toJson(this.#descriptor),
        ...(leftOut.size === 0 ? {} : { left_out: Object.fromEntries(leftOut) }),
      },
    };
    return { keys, rows, capacity, schema };
  }
}

function rowsIn({ columns }: StreamSchema, mostRows: number): number {
  const rowBytes = columns.reduce((sum, column) => sum + columnItemBytes(column), 0);
  return Math.max(1, Math.min(mostRows, Math.floor(mostBatchBytes / rowBytes)));
}
