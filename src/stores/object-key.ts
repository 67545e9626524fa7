import { DaqError } from "../model/errors.ts";

/** What S3, Azure and Google Cloud Storage take, in bytes of UTF-8. */
const maxKeyBytes = 1024;

function refuse(storeUrl: string, key: string, why: string): DaqError {
  const shown = JSON.stringify(key.length > 200 ? `${key.slice(0, 200)}…` : key);
  return new DaqError("path", `${shown} is not a key for ${storeUrl}: ${why}.`, {
    hint: 'A key is names joined by "/", such as "scan/c/0/0", without "." or ".." as a name.',
  });
}

/** Throws `DaqError("path")` for a key that a store may not take: it would leave the store, or name nothing. */
export function checkKey(storeUrl: string, key: string): void {
  if (key === "") throw refuse(storeUrl, key, "it is empty");
  if (key.includes("\0")) throw refuse(storeUrl, key, "it has a NUL in it");
  if (!key.isWellFormed()) throw refuse(storeUrl, key, "it has half a character in it (a lone surrogate)");
  if (key.length * 3 > maxKeyBytes && Buffer.byteLength(key) > maxKeyBytes)
    throw refuse(storeUrl, key, `it has more than ${maxKeyBytes} bytes`);
  if (key.startsWith("/")) throw refuse(storeUrl, key, 'it starts with "/"');
  if (key.endsWith("/")) throw refuse(storeUrl, key, 'it ends with "/"');
  for (const part of key.split("/")) {
    if (part === "") throw refuse(storeUrl, key, "a name in it is empty");
    if (part === "." || part === "..") throw refuse(storeUrl, key, `"${part}" in it is not a name`);
  }
}

/** Throws `DaqError("path")` for a range that cannot be read. */
export function checkRange(storeUrl: string, key: string, offsetBytes: number, length: number): void {
  if (!Number.isSafeInteger(offsetBytes) || !(length >= 0))
    throw new DaqError(
      "path",
      `${length} bytes from ${offsetBytes} on are not a range of ${storeUrl}/${key}.`,
      { hint: "The offset is a whole number, the length a number that is not negative." },
    );
}

/** UTF-16 puts characters beyond U+FFFF before U+E000; the order of bytes, which the clouds list in, does not. */
function orderOfUnit(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit;
}

/** The order in which the clouds list keys: that of their UTF-8 bytes. */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = orderOfUnit(left.charCodeAt(index)) - orderOfUnit(right.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
