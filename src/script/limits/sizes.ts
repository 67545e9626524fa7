import { tooLarge } from "../errors/failures.ts";
import { Blob } from "../values/blob.ts";
import type { Value } from "../values/value.ts";
import type { Limits } from "./limits.ts";

export function checkStringLength(length: number, limits: Limits): void {
  if (length > limits.stringLength) throw tooLarge("Length of string", limits.stringLength);
}

export function checkArrayLength(length: number, limits: Limits): void {
  if (length > limits.arrayLength) throw tooLarge("Size of array", limits.arrayLength);
}

/** Fails when a value has outgrown its limit. What is nested was checked when it was put there. */
export function checkSize(value: Value, limits: Limits): void {
  if (typeof value === "string") checkStringLength(value.length, limits);
  else if (Array.isArray(value)) checkArrayLength(value.length, limits);
  else if (value instanceof Map) {
    if (value.size > limits.mapSize) throw tooLarge("Size of object map", limits.mapSize);
  } else if (value instanceof Blob) checkArrayLength(value.bytes.length, limits);
}
