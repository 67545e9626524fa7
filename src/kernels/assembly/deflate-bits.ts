// The bits that wait between two blocks. A block's own writer keeps them in local variables.
let waiting: u64 = 0;
let waitingBits: u32 = 0;
let output: usize = 0;

export function startBits(target: usize): void {
  waiting = 0;
  waitingBits = 0;
  output = target;
}

/** Where the next whole byte goes; at most 7 bits wait. */
export function outputAddress(): usize {
  return output;
}

export function bitsWaiting(): u32 {
  return waitingBits;
}

export function bitsSoFar(): u64 {
  return waiting;
}

export function continueBits(address: usize, bits: u64, count: u32): void {
  output = address;
  waiting = bits;
  waitingBits = count;
}

/** At most 56 bits. Stores 8 bytes, of which only the whole ones count. */
export function putBits(bits: u64, count: u32): void {
  waiting |= bits << waitingBits;
  waitingBits += count;
  store<u64>(output, waiting);
  output += waitingBits >>> 3;
  waiting >>= waitingBits & 0x38;
  waitingBits &= 7;
}

/** Fills the last byte with zeros. The only byte it stores is that one. */
export function alignBits(): void {
  if (waitingBits === 0) return;
  store<u8>(output++, <u8>waiting);
  waiting = 0;
  waitingBits = 0;
}
