import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { canImport } from "./cloud-findings.ts";
import type { Finding } from "./finding.ts";

const modules = ["numpy", "h5py", "pyarrow", "pandas", "xarray", "zarr"];
const patienceMs = 10_000;
const script = `
import importlib.util, sys
print(sys.version.split()[0])
print(" ".join(name for name in sys.argv[1:] if importlib.util.find_spec(name)))
`;

/** What is here to read recordings with. */
export async function readerFindings(): Promise<readonly Finding[]> {
  const hasDuckDb = canImport("@duckdb/node-api");
  return [
    await pythonFinding(),
    {
      name: "daq query",
      state: "ok",
      value: hasDuckDb ? "DuckDB is installed" : "DuckDB is not installed: npm install @duckdb/node-api",
    },
  ];
}

/** Python, and which of the libraries that our documents use it has. */
export async function pythonFinding(program = "python3"): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)(program, ["-c", script, ...modules], {
      timeout: patienceMs,
    });
    const [version = "", found = ""] = stdout.trimEnd().split("\n");
    const without = modules.filter((name) => !found.split(" ").includes(name));
    const missing = without.length === 0 ? "" : `; without ${without.join(", ")}`;
    return {
      name: "Python",
      state: "ok",
      value: `${version} with ${found === "" ? "none of our readers" : found.replaceAll(" ", ", ")}${missing}`,
    };
  } catch {
    return { name: "Python", state: "ok", value: `${program} is not here; recording does not need it` };
  }
}
