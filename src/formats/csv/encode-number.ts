const minus = 0x2d;
const zero = 0x30;
const billion = 1e9;

/** The longest text of one number: "-0.0000012345678901234567". */
export const longestNumberBytes = 25;

/** Each function writes the text of one number at `at` and returns the position behind it. */
export function writeText(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** An integer of up to 53 bits. */
export function writeInteger(bytes: Uint8Array, at: number, value: number): number {
  if (value < 0) {
    bytes[at] = minus;
    return writePositive(bytes, at + 1, -value);
  }
  return writePositive(bytes, at, value);
}

function writePositive(bytes: Uint8Array, at: number, value: number): number {
  if (value < billion) return writeBelowBillion(bytes, at, value | 0);
  const high = Math.floor(value / billion);
  const end = writePositive(bytes, at, high);
  return writeNineDigits(bytes, end, (value - high * billion) | 0);
}

function writeBelowBillion(bytes: Uint8Array, at: number, value: number): number {
  let digits = 1;
  for (let power = 10; value >= power && digits < 9; power *= 10) digits++;
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    const next = (rest / 10) | 0;
    bytes[i] = zero + (rest - next * 10);
    rest = next;
  }
  return at + digits;
}

function writeNineDigits(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  for (let i = at + 8; i >= at; i--) {
    const next = (rest / 10) | 0;
    bytes[i] = zero + (rest - next * 10);
    rest = next;
  }
  return at + 9;
}

/** A 64-bit integer from its two halves: no BigInt is made. */
export function writeInt64(bytes: Uint8Array, at: number, low: number, high: number): number {
  if ((high | 0) >= 0) return writeUint64(bytes, at, low, high);
  bytes[at] = minus;
  const negatedLow = -low >>> 0;
  const negatedHigh = (~high + (negatedLow === 0 ? 1 : 0)) >>> 0;
  return writeUint64(bytes, at + 1, negatedLow, negatedHigh);
}

export function writeUint64(bytes: Uint8Array, at: number, low: number, high: number): number {
  if (high === 0) return writePositive(bytes, at, low);
  // Long division by 10^9 in steps of 16 bits: each partial dividend stays below 2^46, where doubles are exact.
  const top = Math.floor(high / billion);
  let dividend = (high - top * billion) * 65536 + (low >>> 16);
  const middle = Math.floor(dividend / billion);
  dividend = (dividend - middle * billion) * 65536 + (low & 0xffff);
  const bottom = Math.floor(dividend / billion);
  const quotient = top * 4294967296 + middle * 65536 + bottom;
  const remainder = dividend - bottom * billion;
  if (quotient === 0) return writePositive(bytes, at, remainder);
  return writeNineDigits(bytes, writePositive(bytes, at, quotient), remainder | 0);
}

/** The shortest decimal that reads back to the same double. */
export function writeFloat64(bytes: Uint8Array, at: number, value: number): number {
  return writeText(bytes, at, Number.isFinite(value) && value !== 0 ? `${value}` : special(value));
}

/** The shortest decimal that reads back to the same float32, read as a double first or not. */
export function writeFloat32(bytes: Uint8Array, at: number, value: number): number {
  return writeText(
    bytes,
    at,
    Number.isFinite(value) && value !== 0 ? shortestFloat32(value) : special(value),
  );
}

/**
 * XSD's spellings. A negative zero is "-0.0" because a reader that guesses types would take "-0" for an integer and
 * lose the sign.
 */
function special(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0";
  return Number.isNaN(value) ? "NaN" : value > 0 ? "INF" : "-INF";
}

const smallestNormalFloat32 = 2 ** -126;
/** Powers of ten are exact doubles up to 10^22, so an integer divided by one is the double nearest to that decimal. */
const powersOfTen = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

function shortestFloat32(value: number): string {
  // An integer is as short as it gets, and exact.
  if (Number.isInteger(value) && Math.abs(value) < billion) return `${value}`;
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-9 && magnitude < 1e6) {
    // Any text of up to 6 digits that reads back is found with 6 digits too.
    const sixDigits = 5 - Math.floor(Math.log10(magnitude));
    for (let places = sixDigits; places <= sixDigits + 3; places++) {
      const power = powersOfTen[places]!;
      const decimal = Math.round(value * power) / power;
      if (readsBackToFloat32(decimal, value)) return `${decimal}`;
    }
  }
  // Subnormals have fewer than six digits.
  for (let digits = magnitude < smallestNormalFloat32 ? 1 : 6; digits <= 9; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (readsBackToFloat32(decimal, value)) return `${decimal}`;
  }
  return `${value}`;
}

/** Not so half way to a neighbour, where a reader that rounds by way of a double and one that does not may differ. */
function readsBackToFloat32(decimal: number, value: number): boolean {
  if (Math.fround(decimal) !== value) return false;
  const neighbour = 2 * decimal - value;
  return neighbour === value || Math.fround(neighbour) !== neighbour;
}
