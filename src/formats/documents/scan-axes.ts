import type { RunInfo } from "../../model/run.ts";

/** An axis of a scan, as its start document has it. */
export type ScanAxis = {
  readonly name: string;
  /** Absent: the set points are those that are read. */
  readonly extent?: readonly [number, number];
  readonly num: number;
  readonly snake: boolean;
};

/**
 * The axes of a scan, the slowest first: of `shape`, `extents` and `snaking` for a grid, of `num_points` for a line. Undefined
 * for a run that is none.
 */
export function axesOf(start: NonNullable<RunInfo["start"]>): readonly ScanAxis[] | undefined {
  const { num_points: points, extents, snaking } = start;
  const motors = listOf(start.motors);
  const dimensions = listOf(
    (start.hints as { readonly dimensions?: unknown } | null | undefined)?.dimensions,
  );
  if (dimensions.length === 0 || motors.length === 0) return undefined;
  const shape = start.shape === undefined && dimensions.length === 1 ? [points] : listOf(start.shape);
  if (shape.length !== dimensions.length || !shape.every(isCount)) return undefined;
  const axes: ScanAxis[] = [];
  for (const [index, dimension] of dimensions.entries()) {
    const [fields, stream] = listOf(dimension);
    const [name] = listOf(fields);
    if (typeof name !== "string" || !motors.includes(name) || stream !== "primary") return undefined;
    const extent = listOf(extents)[index];
    // Only the places of a line can be taken from what is read.
    if (!isExtent(extent) && dimensions.length > 1) return undefined;
    axes.push({
      name,
      num: shape[index]!,
      snake: listOf(snaking)[index] === true,
      ...(isExtent(extent) ? { extent } : {}),
    });
  }
  return axes;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isExtent(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
}
