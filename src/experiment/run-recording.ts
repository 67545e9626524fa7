import type { Config } from "../config/config.ts";
import { can, type FrameProducing } from "../devices/capabilities.ts";
import type { DeviceSet } from "../devices/device-set.ts";
import type { DocumentName, Documents } from "../documents/document.ts";
import { encodeDocumentLine } from "../documents/document-line.ts";
import type { Event } from "../documents/event.ts";
import type { EventDescriptor } from "../documents/event-descriptor.ts";
import type { RunStart } from "../documents/run-start.ts";
import { EventTable } from "../formats/documents/event-table.ts";
import { eventsOf } from "../formats/documents/events-of.ts";
import { ScanGrid } from "../formats/documents/scan-grid.ts";
import type { Batch } from "../model/batch.ts";
import { DaqError } from "../model/errors.ts";
import type { StreamSink } from "../model/frame-sink.ts";
import { toJson } from "../model/metadata.ts";
import type { RunInfo } from "../model/run.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import type { RingWriter } from "../ring/ring-writer.ts";
import { type DeviceStreams, versionOf } from "../run/output-plan.ts";
import { type FilesBeside, Recording } from "../run/recording.ts";
import { checkDescriptionsFit, checkRingFits } from "../run/ring-fit.ts";
import type { RunHooks, RunReport } from "../run/run-contract.ts";
import { createRunRing } from "../run/run-ring.ts";
import { DocumentsFile, documentsEnding } from "./documents-file.ts";
import { EventRows } from "./event-rows.ts";
import type { ExperimentHooks } from "./experiment.ts";
import { experimentInfo } from "./experiment-info.ts";
import { FrameSink } from "./frame-sink.ts";
import { copyRecords } from "./interrupted/copy-records.ts";
import { documentsOf, type InterruptedRun } from "./interrupted/interrupted-run.ts";
import type { KeptRecords } from "./interrupted/kept-records.ts";
import { checkSameStreams } from "./interrupted/same-streams.ts";
import { documentsPathOf } from "./interrupted/set-aside.ts";
import { syncRun } from "./interrupted/sync-run.ts";

export type RunRecordingParts = {
  readonly config: Config;
  readonly devices: DeviceSet;
  readonly hooks: Pick<ExperimentHooks, keyof RunHooks | "onFrame" | "filesBeside">;
  /** Gives up draining. */
  readonly giveUp: AbortSignal;
  /** Waits for no store any more. */
  readonly stopUploads: AbortSignal;
  /** Of a run that goes on. */
  readonly earlier?: { readonly info: RunInfo; readonly indexPath: string };
};

export type RecordedFrames = {
  readonly format: string;
  readonly url: string;
  /** Of a frame in the file; undefined for one that was lost. */
  readonly positionOf: (frame: number) => number | undefined;
};

/** Is told each batch of a run that is taken up, before it is stored again. */
export type OnCopied = (part: Batch) => void;

/** Rows of a slow plan are in the ring this soon after their checkpoint. */
const writeWithinMs = 20;
/** A ring that is full for longer than this is worth a word. */
const patientMs = 1000;

/** Descriptors of these do not say that all streams of a plan are known: the engine itself opens them, before the plan does. */
const enginesOwn: readonly string[] = ["baseline"];

const encoder = new TextEncoder();

/**
 * One run of an engine on its way into files: its descriptors become streams of a ring, its events their rows, and the frames
 * of its cameras go in between. The recorder begins with the first event or frame; the streams are those that were declared
 * by then.
 */
export class RunRecording {
  readonly start: RunStart;
  readonly #parts: RunRecordingParts;
  readonly #info: RunInfo;
  readonly #ring: RingWriter;
  /** By stream name, those of frames too. */
  readonly #streams = new Map<string, DeviceStreams>();
  readonly #rows = new Map<string, EventRows>();
  readonly #rowsOfDescriptor = new Map<string, EventRows>();
  readonly #frames = new Map<string, FrameSink>();
  #grid: ScanGrid | undefined;
  readonly #documents: DocumentsFile | undefined;
  #mayBegin = false;
  #beginning: Promise<void> | undefined;
  #recording: Recording | undefined;
  #failure: DaqError | undefined;
  #last: Promise<void> = Promise.resolve();
  #isWriting = false;
  #isComplete = false;
  #timer: NodeJS.Timeout | undefined;

  /** Makes the ring. Throws `DaqError` when that is not possible. */
  constructor(start: RunStart, parts: RunRecordingParts) {
    const { config, devices } = parts;
    this.start = start;
    this.#parts = parts;
    this.#info = parts.earlier?.info ?? experimentInfo(config, start);
    if (config.storage.documents) this.#documents = new DocumentsFile(start, config.storage.durability);
    // Nothing forces the pace of a plan: it waits rather than lose a point.
    const overflow = config.ringBuffer.overflow === "resize" ? "resize" : "block";
    this.#ring = createRunRing({ ...config.ringBuffer, overflow, resizeThen: "block" }, this.#info.uid);
    this.#ring.describeRun(this.#info);
    for (const [id, device] of devices) {
      if (!can(device, "frame-producing")) continue;
      const sink = this.#frameSink(device);
      this.#frames.set(id, sink);
      device.sendFramesTo(sink);
    }
  }

  #frameSink({ id, frames }: FrameProducing): FrameSink {
    const { config, hooks } = this.#parts;
    const { onFrame } = hooks;
    return new FrameSink(frames, {
      open: () =>
        this.#open(
          frames,
          config.devices.find((device) => device.id === id)?.formats ?? config.storage.formats,
        ),
      begin: async () => {
        if (this.#mayBegin) await this.#begin();
      },
      waiting: (work) => this.#waiting(work),
      onFrame: onFrame === undefined ? undefined : (frame) => onFrame(id, frame),
    });
  }

  /** Where frames of a device are; undefined for those in files of several parts. */
  framePlace({ id }: FrameProducing): RecordedFrames | undefined {
    const file = this.#recording?.fileOf(id);
    return file && { ...file, positionOf: (frame) => this.#frames.get(id)?.positionOf(frame) };
  }

  #open(schema: StreamSchema, formats: DeviceStreams["formats"]): StreamSink {
    if (this.#beginning !== undefined)
      throw new DaqError(
        "usage",
        `Stream ${schema.name} is new after the first event was recorded: no file has a place for it.`,
        {
          hint: "Declare it before: yield* declareStream(name, devices), right after the run is opened.",
        },
      );
    checkRingFits(this.#parts.config.ringBuffer, [schema]);
    const sink = this.#ring.openStream(schema);
    this.#streams.set(schema.name, { formats, streams: [schema] });
    return sink;
  }

  /** A subscriber's `take`, for all documents behind the start. */
  take<Name extends DocumentName>(name: Name, doc: Documents[Name]): void | Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#documents?.add(name, doc);
    const taken = this.#take(name, doc);
    if (this.#documents === undefined) return taken;
    return this.#documents.write(taken);
  }

  #take<Name extends DocumentName>(name: Name, doc: Documents[Name]): void | Promise<void> {
    if (name === "event") return this.#event(doc as Event);
    if (name === "descriptor") return this.#describe(doc as EventDescriptor);
    if (name === "stop") return this.#stop(doc as Documents["stop"]);
  }

  #describe(descriptor: EventDescriptor): void {
    const name = descriptor.name ?? "primary";
    for (const id of Object.keys(descriptor.object_keys ?? {})) this.#frames.get(id)?.open();
    if (!enginesOwn.includes(name)) this.#mayBegin = true;
    // The frames of a stream that is nothing but a camera have their times and numbers themselves.
    if (this.#frames.has(name)) return;
    let rows = this.#rows.get(name);
    if (rows === undefined) {
      const table = new EventTable(descriptor);
      if (name === "primary")
        this.#grid = ScanGrid.of(
          this.start,
          table.schema.columns,
          [...this.#frames.keys()],
          descriptor.data_keys,
        );
      rows = new EventRows(table, this.#open(table.schema, this.#parts.config.storage.formats));
      this.#rows.set(name, rows);
    }
    this.#rowsOfDescriptor.set(descriptor.uid, rows);
  }

  #event(event: Event): void | Promise<void> {
    const rows = this.#rowsOfDescriptor.get(event.descriptor);
    rows?.add(event);
    if (rows?.stream === "primary") this.#grid?.add(event);
    const begins =
      this.#beginning === undefined &&
      this.#mayBegin &&
      rows !== undefined &&
      !enginesOwn.includes(rows.stream);
    if (begins) return this.#begin();
    if (rows?.isFull === true) return this.#writeMany();
  }

  /** The ring empties only when the recorder has begun. */
  async #writeMany(): Promise<void> {
    await this.#begin();
    await this.#write();
  }

  /** What came before is final. */
  checkpoint(): void {
    let hasFinal = false;
    for (const rows of this.#rows.values()) {
      rows.settle();
      hasFinal ||= rows.hasFinal;
    }
    if (hasFinal) this.#timer ??= setTimeout(() => void this.#write().catch(() => {}), writeWithinMs);
  }

  /** Opens the files, once. */
  #begin(): Promise<void> {
    this.#beginning ??= this.#startRecorder();
    return this.#beginning;
  }

  async #startRecorder(): Promise<void> {
    const { config, hooks, giveUp, stopUploads, earlier } = this.#parts;
    const devices = [...this.#streams.values()];
    const startedAt = new Date(this.start.time * 1000);
    const firstVersion =
      earlier === undefined ? undefined : await versionOf(config, devices, startedAt, earlier.indexPath);
    checkDescriptionsFit(
      this.#info,
      devices.flatMap(({ streams }) => streams),
    );
    this.#recording = await Recording.start({
      config,
      devices,
      ring: this.#ring,
      info: this.#info,
      startedAt,
      ...(firstVersion === undefined ? {} : { firstVersion }),
      ...this.#beside(),
      limits: { stop: stopUploads, giveUp },
      hooks,
      onFailing: (error) => {
        this.#failure ??= error;
      },
    });
    await this.#documents?.open(documentsPathOf(this.#recording.options.indexPath));
  }

  #beside(): { beside?: FilesBeside } {
    const others = this.#parts.hooks.filesBeside?.();
    const own = this.#documents === undefined ? [] : [documentsEnding];
    const endings = [...own, ...(others?.endings ?? [])];
    // Documents are closed before the recording is finished.
    return endings.length === 0 ? {} : { beside: { endings, closed: async () => others?.closed() } };
  }

  /** Opens the streams of a run that was interrupted, and has stored what `kept` keeps of them. Before anything else. */
  async takeUp(run: InterruptedRun, kept: KeptRecords, onCopied: OnCopied): Promise<void> {
    for (const { source, descriptor } of run.streams)
      if (descriptor === undefined) this.#frames.get(source.schema.name)?.open();
      else this.#describe(descriptor);
    checkSameStreams(
      run.streams,
      [...this.#streams.values()].flatMap(({ streams }) => streams),
    );
    this.#mayBegin = true;
    await this.#begin();
    for (const { source, descriptor } of run.streams) {
      const { name } = source.schema;
      const copy = (sink: StreamSink) =>
        copyRecords(source, sink, kept.ends.get(name) ?? 0, (part) => {
          onCopied(part);
          if (this.#failure !== undefined) throw this.#failure;
          if (name === "primary" && descriptor !== undefined && this.#grid !== undefined)
            for (const event of eventsOf(part, descriptor)) this.#grid.add(event);
        });
      const rows = this.#rows.get(name);
      if (rows !== undefined) await rows.takeOver(kept.numbers.get(name) ?? 0, copy);
      else await this.#goOnWithFrames(name, kept.ends.get(name) ?? 0, copy);
    }
    await this.#documents?.takeOver(documentsOf(run), kept.numbers);
  }

  /** Resolves when all that was taken up is in the files, and these would survive a power failure. */
  async secured(signal: AbortSignal): Promise<void> {
    await this.#ring.stored(() => this.#failure !== undefined || signal.aborted);
    signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    await syncRun(this.#recording!.options.indexPath);
  }

  async #goOnWithFrames(id: string, first: number, copy: (sink: StreamSink) => Promise<void>): Promise<void> {
    const sink = this.#frames.get(id)!;
    await copy(sink);
    const device = this.#parts.devices.get(id)!;
    if (can(device, "frame-producing")) device.sendFramesTo(sink, first);
  }

  /** Writes what is final, one call after the other. */
  #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isWriting) return this.#last;
    this.#isWriting = true;
    this.#last = (async () => {
      try {
        for (const rows of this.#rows.values()) await this.#waiting(rows.write());
      } catch (error) {
        this.#failure ??= error as DaqError;
        throw error;
      } finally {
        this.#isWriting = false;
      }
    })();
    return this.#last;
  }

  #waiting<Result>(work: Result | Promise<Result>): Result | Promise<Result> {
    if (!(work instanceof Promise)) return work;
    const timer = setTimeout(
      () =>
        this.#parts.hooks.onWarning?.("The ring is full: the plan waits until the recorder has stored more."),
      patientMs,
    );
    return work.finally(() => clearTimeout(timer));
  }

  async #stop(stop: Documents["stop"]): Promise<void> {
    if (this.#streams.size > 0) await this.#begin();
    await this.#writeRest();
    await this.#ring.writeDocument(encoder.encode(encodeDocumentLine("stop", stop)));
  }

  /** No event comes any more: all of them are final. */
  async #writeRest(): Promise<void> {
    this.#isComplete = true;
    for (const rows of this.#rows.values()) rows.settle();
    await this.#last;
    await this.#write();
    await this.#writeGrid();
  }

  async #writeGrid(): Promise<void> {
    if (this.#grid === undefined) return;
    const text = encoder.encode(toJson({ name: "grid", doc: this.#grid.grid() }));
    if (text.byteLength < this.#ring.status().capacityBytes / 2) return this.#ring.writeDocument(text);
    this.#parts.hooks.onNotice?.(
      "The scan is too large for this ring to be stored as arrays of its axes: the files have its rows. A larger ring_buffer.size_mb changes that.",
    );
  }

  /**
   * No document comes any more, nor a frame: stores what is in the ring. Undefined for a run that had nothing to store.
   * Rejects when the files could not be opened, or the recorder had to be given up.
   */
  async finish(): Promise<RunReport | undefined> {
    clearTimeout(this.#timer);
    for (const device of this.#parts.devices.values())
      if (can(device, "frame-producing")) device.sendFramesTo(undefined);
    await this.#beginning?.catch(() => {});
    // A run whose documents ended in the middle keeps what it had.
    if (!this.#isComplete) await this.#writeRest().catch(() => {});
    await this.#documents?.close();
    const recording = this.#recording;
    if (recording === undefined) {
      this.#ring.remove();
      if (this.#failure !== undefined) throw this.#failure;
      return undefined;
    }
    for (const rows of this.#rows.values())
      if (rows.repeated > 0)
        this.#parts.hooks.onWarning?.(
          `Stream ${rows.stream}: ${rows.repeated} events were stored before a pause took them again, since the plan made no checkpoint. They are in the files twice; of the rows with one seq_num the last one counts.`,
        );
    return recording.finish(this.#failure === undefined ? [] : [this.#failure]);
  }
}
