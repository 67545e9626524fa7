import type { DataKey } from "../documents/data-key.ts";
import type { DocumentName, Documents } from "../documents/document.ts";
import type { Event } from "../documents/event.ts";
import type { EventDescriptor } from "../documents/event-descriptor.ts";
import type { RunStart } from "../documents/run-start.ts";
import { durationText } from "./duration.ts";
import { sparkline } from "./sparkline.ts";

/** Readings that the plot shows. */
const mostReadings = 30;

/** Follows the documents of a plan: how far it is, and the last readings of its first detector. */
export class PlanProgress {
  #total: number | undefined;
  #points = 0;
  /** Those that were taken before: of a run that goes on. */
  #before: number | undefined;
  #startedMs = performance.now();
  #shown: { readonly descriptor: string; readonly name: string; readonly key: DataKey } | undefined;
  #readings: (number | undefined)[] = [];
  #motors: readonly string[] = [];

  get points(): number {
    return this.#points;
  }

  /** Undefined for a plan that does not know. */
  get total(): number | undefined {
    return this.#total;
  }

  take<Name extends DocumentName>(name: Name, doc: Documents[Name]): void {
    if (name === "start") this.#start(doc as RunStart);
    else if (name === "descriptor") this.#describe(doc as EventDescriptor);
    else if (name === "event") this.#event(doc as Event);
  }

  #start({ num_points: total, motors = [] }: RunStart): void {
    this.#total = total;
    this.#motors = motors;
    this.#points = 0;
    this.#before = undefined;
    this.#startedMs = performance.now();
    this.#shown = undefined;
    this.#readings = [];
  }

  #describe({ uid, name: stream, data_keys: keys }: EventDescriptor): void {
    if (stream !== "primary" && this.#shown !== undefined) return;
    const isMeasured = ([name, key]: readonly [string, DataKey]) =>
      (key.dtype === "number" || key.dtype === "integer") &&
      key.time_of === undefined &&
      !key.external &&
      !name.endsWith("_frame") &&
      !this.#motors.includes(key.object_name ?? "");
    const found = Object.entries(keys).find(isMeasured);
    if (found !== undefined) this.#shown = { descriptor: uid, name: found[0], key: found[1] };
  }

  #event({ descriptor, seq_num: number, data }: Event): void {
    if (this.#shown === undefined || descriptor === this.#shown.descriptor) {
      this.#before ??= number - 1;
      this.#points = number;
    }
    if (descriptor !== this.#shown?.descriptor) return;
    const value = data[this.#shown.name];
    this.#readings.push(typeof value === "number" ? value : undefined);
    if (this.#readings.length > mostReadings) this.#readings.shift();
  }

  /** One line: points, rate, time left, the last reading and those before it. */
  line(): string {
    const seconds = (performance.now() - this.#startedMs) / 1000;
    const rate = (this.#points - (this.#before ?? 0)) / Math.max(seconds, 0.001);
    const total = this.#total;
    const left = total === undefined || this.#points === 0 ? undefined : (total - this.#points) / rate;
    return [
      `point ${this.#points}${total === undefined ? "" : ` of ${total}`}`,
      `${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`,
      ...(left === undefined ? [] : [`${durationText(left)} left`]),
      ...this.#reading(),
    ].join(" | ");
  }

  #reading(): string[] {
    if (this.#shown === undefined || this.#readings.length === 0) return [];
    const { name, key } = this.#shown;
    const last = this.#readings.at(-1);
    const value = last === undefined ? "no value" : last.toPrecision(5);
    const unit = last === undefined || !key.units ? "" : ` ${key.units}`;
    return [`${name} ${value}${unit} ${sparkline(this.#readings)}`];
  }
}
