import { can, type Device } from "../../src/devices/capabilities.ts";
import { loadDriver } from "../../src/devices/registry.ts";
import { systemClock } from "../../src/devices/system-clock.ts";
import { RunEngine } from "../../src/engine/run-engine.ts";
import type { RunEngineOptions } from "../../src/engine/run-engine-options.ts";
import type { StreamSink } from "../../src/model/frame-sink.ts";
import type { SettingValues } from "../../src/model/setting.ts";
import type { Laboratory } from "../../src/script/index.ts";
import { MemorySink } from "../../src/testing/memory-sink.ts";
import { RecordedDocuments } from "../../src/testing/recorded-documents.ts";
import { withDefaults } from "../../src/testing/with-defaults.ts";

/** A device of a simulated laboratory: its driver, and its settings. */
export type Furniture = { readonly [id: string]: readonly [driver: string, settings?: SettingValues] };

/** All that the guide's scripts name, answering at once. */
export const guideFurniture: Furniture = {
  camera0: ["sim.camera", { paced: false }],
  prime_bsi: ["sim.camera", { paced: false, bit_depth: 12 }],
  maitai: ["sim.laser", { speed: 1e6 }],
  power0: ["sim.power_meter", { paced: false }],
};

type Seer = (id: string, frame: Uint8Array) => void;

/** Frames go to `sink`, and are shown before they do. */
function shown(id: string, sink: StreamSink, see: Seer): StreamSink {
  return {
    schema: sink.schema,
    write: (records) => sink.write(records),
    lose: (count, reason, detail) => sink.lose(count, reason, detail),
    reserve: async (count) => {
      const reservation = await sink.reserve(count);
      return {
        columns: reservation.columns,
        commit: (timestampNs) => {
          see(id, reservation.columns[0]!);
          reservation.commit(timestampNs);
        },
        abandon: (reason, detail) => reservation.abandon(reason, detail),
      };
    },
  };
}

/** Simulated devices, an engine, and memory for what is measured. */
export async function furnished(
  furniture: Furniture,
  options: RunEngineOptions = {},
  more: readonly Device[] = [],
) {
  const engine = new RunEngine({ answerSeconds: 1, actionSeconds: 2, ...options });
  const documents = new RecordedDocuments();
  engine.subscribe(documents.take);
  const parts = new Map<string, unknown>();
  const surroundings = {
    clock: systemClock,
    shared: <Part>(name: string, make: () => Part): Part => {
      if (!parts.has(name)) parts.set(name, make());
      return parts.get(name) as Part;
    },
  };
  const devices = new Map<string, Device>(more.map((device) => [device.id, device]));
  for (const [id, [name, settings = {}]] of Object.entries(furniture)) {
    const driver = await loadDriver(name);
    devices.set(id, driver.createDevice!(id, withDefaults(driver, settings), surroundings));
  }
  const frames = new MemorySink();
  let see: Seer = () => {};
  for (const [id, device] of devices)
    if (can(device, "frame-producing"))
      device.sendFramesTo(shown(id, frames.openStream(device.frames), (...frame) => see(...frame)));
  const laboratory: Laboratory = {
    devices,
    engine,
    watchFrames: (seer) => {
      see = seer;
    },
  };
  return { laboratory, devices, engine, documents, frames };
}
