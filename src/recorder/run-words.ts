import type { Grid } from "../model/grid.ts";
import type { RunEnding } from "../model/ledger.ts";
import { parseJson } from "../model/parse-json.ts";

/** What a recorder takes from the documents that come through the ring. */
export type RunWords = { readonly ending?: RunEnding; readonly grid?: Grid };

type Named = { readonly name?: unknown; readonly doc?: unknown };

/** Any program may have written it: what is not understood says nothing, and the recording goes on. */
export function runWordsIn(text: string): RunWords {
  let named: Named;
  try {
    named = (parseJson(text) ?? {}) as Named;
  } catch {
    return {};
  }
  if (named.name === "stop") {
    const { exit_status: exitStatus, reason } = (named.doc ?? {}) as {
      exit_status?: unknown;
      reason?: unknown;
    };
    if (typeof exitStatus !== "string") return {};
    return { ending: { exitStatus, reason: typeof reason === "string" ? reason : "" } };
  }
  return named.name === "grid" && isGrid(named.doc) ? { grid: named.doc } : {};
}

function isGrid(value: unknown): value is Grid {
  const grid = value as Grid | null | undefined;
  if (!Array.isArray(grid?.axes) || !Array.isArray(grid.quantities) || !Array.isArray(grid.frames))
    return false;
  const points = grid.axes.reduce((product, axis) => product * (axis?.places?.length ?? 0), 1);
  return (
    points > 0 &&
    grid.quantities.every((quantity) => quantity?.values?.length === points) &&
    grid.frames.every((frames) => frames?.numbers?.length === points)
  );
}
