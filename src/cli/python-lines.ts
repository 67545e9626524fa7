import { zarrLines } from "./zarr-lines.ts";

/** The lines of Python that read these files with stock libraries. `isForeign`: another program laid them out. */
export function pythonLines(paths: readonly string[], isForeign = false): string[] {
  const lines: string[] = [];
  const arrow = paths.filter((path) => /\.arrow$/i.test(path));
  const csv = paths.filter((path) => /\.csv(\.gz)?$/i.test(path));
  const hdf5 = paths.filter((path) => /\.(h5|hdf5|nxs)$/i.test(path));
  const parquet = paths.filter((path) => /\.parquet$/i.test(path));
  const zarr = paths.filter((path) => /\.zarr$/i.test(path));
  if (hdf5.length > 0) lines.push("import h5py");
  if (arrow.length > 0) lines.push("import pyarrow as pa");
  if (parquet.length > 0) lines.push("import pyarrow.parquet as pq");
  if (csv.length > 0) lines.push("import pandas as pd");
  if (zarr.length > 0) lines.push("import xarray as xr");
  for (const path of hdf5) {
    const file = `h5py.File(${JSON.stringify(path)})`;
    lines.push(isForeign ? `file = ${file}` : `entry = ${file}["entry"]`);
  }
  for (const path of arrow)
    lines.push(`${variable(path)} = pa.ipc.open_file(${JSON.stringify(path)}).read_all()`);
  for (const path of parquet)
    lines.push(`${variable(path)}_parquet = pq.read_table(${JSON.stringify(path)})`);
  for (const path of csv)
    lines.push(
      `${variable(path)}_table = pd.read_csv(${JSON.stringify(path)}, float_precision="round_trip")`,
    );
  for (const path of zarr) lines.push(...zarrLines(path, pythonName));
  return lines;
}

/** The stream's name where the file carries one, as a Python name. */
function variable(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.(arrow|parquet|csv|csv\.gz)$/i, "");
  const part = name.includes(".") ? name.slice(name.indexOf(".") + 1) : "data";
  return pythonName(part);
}

function pythonName(text: string): string {
  const plain = text.replaceAll(/\W/g, "_");
  return /^\d/.test(plain) ? `_${plain}` : plain;
}
