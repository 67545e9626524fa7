import type { ReadingValue } from "../model/reading.ts";
import type { DataKey } from "./data-key.ts";
import { shown } from "./kind.ts";

/** How JSON, which has no such numbers, holds them: as Zarr's metadata do. */
const notFinite: readonly unknown[] = ["NaN", "Infinity", "-Infinity"];

function isNumber(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint" || notFinite.includes(value);
}

function isInteger(value: unknown): boolean {
  return typeof value === "bigint" || Number.isInteger(value);
}

type Values = { readonly length: number; readonly [index: number]: unknown };

function extentProblem(value: unknown, shape: readonly (number | null)[]): string | undefined {
  if (shape.length === 0) return undefined;
  const isList = Array.isArray(value) || ArrayBuffer.isView(value);
  if (!isList) return `expected a list, found ${shown(value)}`;
  const values = value as unknown as Values;
  const [extent, ...inner] = shape;
  const total = shape.every((n) => n !== null)
    ? shape.reduce<number>((product, n) => product * n!, 1)
    : undefined;
  // A flat list is what typed arrays are; a nested one is what Python writes.
  const flat = values.length === 0 || !Array.isArray(values[0]);
  const wanted = flat ? total : extent;
  if (wanted !== undefined && wanted !== null && values.length !== wanted)
    return `expected ${wanted} values, found ${values.length}`;
  if (flat) return undefined;
  for (let index = 0; index < values.length; index++) {
    const problem = extentProblem(values[index], inner);
    if (problem !== undefined) return `[${index}]: ${problem}`;
  }
  return undefined;
}

/** What is wrong with a value under its data key, or undefined. `null` is a value that the device did not have. */
export function valueProblem(value: ReadingValue | unknown, key: DataKey): string | undefined {
  if (value === null) return undefined;
  // Older records call an array after its elements, and only the shape tells.
  if ((key.shape?.length ?? 0) > 0 && key.dtype !== "string") return extentProblem(value, key.shape);
  switch (key.dtype) {
    case "number":
      return isNumber(value) ? undefined : `expected number, found ${shown(value)}`;
    case "integer":
      return isInteger(value) ? undefined : `expected integer, found ${shown(value)}`;
    case "boolean":
      return typeof value === "boolean" ? undefined : `expected true or false, found ${shown(value)}`;
    case "string":
      return typeof value === "string" ? undefined : `expected text, found ${shown(value)}`;
    case "array":
      return extentProblem(value, key.shape);
  }
}
