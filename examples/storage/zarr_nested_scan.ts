/**
 * A nested scan, wavelength × position × y × x, into one Zarr array: the stage goes to each position, and there the laser
 * goes through all wavelengths. A chunk holds all wavelengths of one position.
 *
 *     npx node --conditions=daq-source examples/storage/zarr_nested_scan.ts [experiment.zarr] [--zarr-format 2]
 *
 * The place may be a bucket, too: s3://bucket/experiment.zarr. In Python then:
 *
 *     import xarray as xr
 *     ds = xr.open_zarr("experiment.zarr")
 *     print(ds.camera_frames)
 *
 * zarr-python before version 3 needs `--zarr-format 2`.
 */
import { parseArgs } from "node:util";
import { ZarrWriter } from "daq-storage/formats/zarr";

const { values, positionals } = parseArgs({
  options: { "zarr-format": { type: "string", default: "3" } },
  allowPositionals: true,
});
const place = positionals[0] ?? "experiment.zarr";

const wavelengths = Float64Array.from({ length: 10 }, (_unused, index) => 700 + 20 * index);
const positions = Float64Array.from({ length: 5 }, (_unused, index) => 250 * index);
const [height, width] = [256, 256];

const writer = await ZarrWriter.create(place, {
  zarrFormat: values["zarr-format"] === "2" ? 2 : 3,
  attributes: { experiment: "nested_scan", instrument: "Prime BSI Camera", sample: "GaAs" },
});
await writer.createArray({
  name: "camera_frames",
  shape: [wavelengths.length, positions.length, height, width],
  chunks: [wavelengths.length, 1, height, width],
  dimensions: ["wavelength", "position", "y", "x"],
  dtype: "uint16",
  unit: "counts",
});
await writer.createCoordinate({ name: "wavelength", values: wavelengths, unit: "nm" });
await writer.createCoordinate({ name: "position", values: positions, unit: "um" });

/** What the camera sees: a spot that moves with the stage, and that the sample lets through below its band edge. */
function expose(frame: Uint16Array, wavelength: number, position: number): void {
  const transmission = 1 / (1 + Math.exp((820 - wavelength) / 12));
  const centre = 60 + position / 8;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const spot = Math.exp(-((x - centre) ** 2 + (y - height / 2) ** 2) / 800);
      frame[y * width + x] = 100 + 4000 * transmission * spot;
    }
}

const pixels = height * width;
const chunk = new Uint16Array(wavelengths.length * pixels);
for (const [index, position] of positions.entries()) {
  for (const [turn, wavelength] of wavelengths.entries())
    expose(chunk.subarray(turn * pixels, (turn + 1) * pixels), wavelength, position);
  await writer.writeChunk("camera_frames", [0, index, 0, 0], chunk);
}
await writer.close();
console.log(`In Python: xarray.open_zarr("${place}").camera_frames`);
