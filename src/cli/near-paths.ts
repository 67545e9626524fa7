import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DaqError, systemCode } from "../model/errors.ts";
import { nearestName } from "../toml/nearest-name.ts";
import { countText } from "./quantity-text.ts";

const mostShown = 3;
const interesting = /\.(h5|hdf5|nxs|arrow|csv|csv\.gz|zarr|run\.json|jsonl|toml)$/i;

/** The error for a file that is not there: with the folder that is missing, or names in it that are near. */
export async function noSuchFile(path: string): Promise<DaqError> {
  const folder = dirname(path);
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    const problem =
      systemCode(error) === "ENOENT" ? `there is no folder ${folder}` : `the folder ${folder} cannot be read`;
    return new DaqError("path", `${path}: ${problem}.`, { hint: "Check the path.", cause: error });
  }
  const near = nearNames(basename(path), names).map((name) =>
    path.includes("/") ? join(folder, name) : name,
  );
  if (near.length > 0)
    return new DaqError("path", `${path}: no such file.`, { hint: `Did you mean ${near.join(" or ")}?` });
  const runs = names.filter((name) => name.endsWith(".run.json")).length;
  const hint =
    runs > 0
      ? `${folder} holds ${countText(runs, "run")} (*.run.json), none of a name like this.`
      : "Check the path.";
  return new DaqError("path", `${path}: no such file.`, { hint });
}

/** Names that were probably meant: spelled alike, or the typed one with a stream's name in it. */
function nearNames(typed: string, names: readonly string[]): string[] {
  const dot = typed.indexOf(".", 1);
  const stem = dot < 0 ? typed : typed.slice(0, dot);
  const extension = dot < 0 ? "" : typed.slice(typed.lastIndexOf("."));
  const ofStem = names.filter((name) => interesting.test(name) && name.startsWith(`${stem}.`));
  const sameKind = ofStem.filter((name) => extension !== "" && name.endsWith(extension));
  if (sameKind.length > 0) return sameKind.sort().slice(0, mostShown);
  const nearest = nearestName(typed, names);
  return nearest === undefined ? ofStem.sort().slice(0, mostShown) : [nearest];
}
