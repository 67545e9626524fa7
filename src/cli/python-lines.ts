/** The lines of Python that read these files with stock libraries. */
export function pythonLines(paths: readonly string[]): string[] {
  const lines: string[] = [];
  const arrow = paths.filter((path) => path.endsWith(".arrow"));
  const csv = paths.filter((path) => path.endsWith(".csv") || path.endsWith(".csv.gz"));
  const hdf5 = paths.filter((path) => /\.(h5|hdf5|nxs)$/.test(path));
  if (hdf5.length > 0) lines.push("import h5py");
  if (arrow.length > 0) lines.push("import pyarrow as pa");
  if (csv.length > 0) lines.push("import pandas as pd");
  for (const path of hdf5) lines.push(`entry = h5py.File(${JSON.stringify(path)})["entry"]`);
  for (const path of arrow)
    lines.push(`${variable(path)} = pa.ipc.open_file(${JSON.stringify(path)}).read_all()`);
  for (const path of csv)
    lines.push(
      `${variable(path)}_table = pd.read_csv(${JSON.stringify(path)}, float_precision="round_trip")`,
    );
  return lines;
}

/** The stream's name where the file carries one, as a Python name. */
function variable(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.(arrow|csv|csv\.gz)$/, "");
  const part = name.includes(".") ? name.slice(name.indexOf(".") + 1) : "data";
  const plain = part.replaceAll(/\W/g, "_");
  return /^\d/.test(plain) ? `_${plain}` : plain;
}
