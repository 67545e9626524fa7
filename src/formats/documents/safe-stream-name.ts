import { isStreamName } from "../../model/stream-schema.ts";

const mostLetters = 100;

/** A name that every format and file system allows, for a stream that another program named; unlike those of `others`. */
export function safeStreamName(name: string, others: readonly string[]): string {
  const plain = name
    .replaceAll(/[^A-Za-z0-9_.-]/g, "_")
    .replaceAll(/\.{2,}/g, "_")
    .replace(/^[.-]/, "_")
    .slice(0, mostLetters);
  const wanted = isStreamName(plain) ? plain : "stream";
  let free = wanted;
  for (let count = 2; others.includes(free); count++)
    free = `${wanted.slice(0, mostLetters - 1 - String(count).length)}_${count}`;
  return free;
}
