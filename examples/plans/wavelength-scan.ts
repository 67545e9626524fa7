/**
 * A laser goes from 700 to 990 nm in steps of 10; at each wavelength the camera takes a frame and the power meter, told the
 * wavelength, measures. Run it with: npx daq run wavelength-scan.ts
 */
import type { DeviceSet } from "daq-storage/devices";
import { checkpoint, inRun, moveTo, type Plan, setWavelength, triggerAndRead } from "daq-storage/engine";

const wavelengths = Array.from({ length: 30 }, (_, index) => 700 + 10 * index);

export default function* wavelengthScan(devices: DeviceSet): Plan<string> {
  const laser = devices.need("maitai", "movable");
  const camera = devices.need("prime_bsi", "frame-producing");
  const meter = devices.need("power0", "readable", "wavelength-selective");
  const read = [laser, camera, meter];

  function* steps(): Plan {
    for (const nanometres of wavelengths) {
      yield* checkpoint();
      yield* moveTo([[laser, nanometres]]);
      yield* setWavelength(meter, nanometres);
      yield* triggerAndRead(read);
    }
  }

  const plan = {
    plan_name: "wavelength_scan",
    num_points: wavelengths.length,
    detectors: [camera.id, meter.id],
    motors: [laser.id],
    shape: [wavelengths.length],
    extents: [[wavelengths[0]!, wavelengths.at(-1)!]],
    hints: { gridding: "rectilinear", dimensions: [[[laser.id], "primary"]] },
  };
  return yield* inRun(plan, read, steps(), read);
}
