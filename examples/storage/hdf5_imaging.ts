/**
 * A wavelength-dependent imaging scan with power meter logging, into one HDF5 file: at each wavelength the camera takes a
 * few frames while the meter goes on. The scan's position travels with each frame.
 *
 *     npx node --conditions=daq-source examples/storage/hdf5_imaging.ts [data/imaging.h5]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { DaqError, Hdf5Writer, RingBuffer, systemClock } from "daq-storage";

const [height, width] = [240, 320];
const framesPerPoint = 5;
const wavelengths = [700, 750, 800, 850, 900];
const path = process.argv[2] ?? "data/imaging.h5";

const ring = RingBuffer.create(`/dev/shm/daq-imaging-${process.pid}`, { sizeMb: 64, overflow: "block" });
const camera = ring.openStream({
  name: "camera",
  kind: "array",
  columns: [{ name: "frame", dtype: "uint16", shape: [height, width], dims: ["y", "x"], unit: "counts" }],
  source: "example",
  clock: "system",
});
const scan = ring.openStream({
  name: "scan",
  kind: "table",
  columns: [
    { name: "wavelength", dtype: "float64", shape: [], dims: [], unit: "nm" },
    { name: "power_meter", dtype: "float64", shape: [], dims: [], unit: "W" },
  ],
  source: "example",
  clock: "system",
});

/** What the sample lets through at this wavelength. */
function transmission(wavelength: number): number {
  return 1 / (1 + Math.exp((820 - wavelength) / 12));
}

try {
  const writer = Hdf5Writer.create(path, ring, {
    compression: "gzip",
    compressionLevel: 5,
    experiment: { name: "wavelength_scan", instrument: "Prime BSI Camera", sample: "GaAs" },
  });
  const writing = writer.run();
  writing.catch(() => {}); // What goes wrong is told below, where the outcome is awaited.

  const values = new Float64Array(2);
  for (const wavelength of wavelengths) {
    await sleep(50); // The laser settles.
    for (let frame = 0; frame < framesPerPoint; frame++) {
      // The camera's driver would fill the ring's own memory.
      const reservation = await camera.reserve(1);
      const [bytes] = reservation.columns;
      const pixels = new Uint16Array(bytes!.buffer, bytes!.byteOffset, height * width);
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const spot = Math.exp(-((x - width / 2) ** 2 + (y - height / 2) ** 2) / 2000);
          pixels[y * width + x] = 100 + 4000 * transmission(wavelength) * spot + 20 * Math.random();
        }
      reservation.commit(systemClock.nowNs());
      values[0] = wavelength;
      values[1] = 2e-3 * transmission(wavelength);
      const columns = [
        new Uint8Array(values.buffer, values.byteOffset, 8),
        new Uint8Array(values.buffer, values.byteOffset + 8, 8),
      ];
      await scan.write({ count: 1, timestampNs: systemClock.nowNs(), columns });
    }
  }

  await writer.stop();
  const { ledger } = await writing;
  for (const { stream, produced, stored, lost } of ledger.accounts)
    console.log(`${stream}: produced ${produced} = stored ${stored} + lost ${lost}`);
  console.log(`In Python: h5py.File("${path}")["entry/camera/frame"]`);
} catch (error) {
  // A file that is there already, a full disk: the message says what to do.
  if (!(error instanceof DaqError)) throw error;
  console.error(error.hint === undefined ? error.message : `${error.message}\n${error.hint}`);
  process.exitCode = 1;
} finally {
  ring.remove();
}
