/** The longest code of literals and distances here: four literals and what waits from before fit in 64 bits. */
export const longestCode: u32 = 14;

// Working space: keys sorted by frequency, the other half of the sort, counters.
const sortedKeys: usize = 0;
const otherKeys: usize = 0x800;
const digitCounters: usize = 0x1000;
const lengthCounters: usize = 0x1800;
const digitBits: u32 = 9;
const symbolMask: u32 = 0x1ff;

/** Sorts the used symbols by frequency; keys are frequency << 9 | symbol. Returns how many. */
function sortSymbols(counts: usize, symbols: u32, work: usize): u32 {
  memory.fill(work + digitCounters, 0, 4 << digitBits);
  let used: u32 = 0;
  const low = work + digitCounters;
  const high = low + (2 << digitBits);
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const count = load<u32>(counts + (symbol << 2));
    if (count === 0) continue;
    store<u32>(work + (used++ << 2), (count << digitBits) | symbol, sortedKeys);
    const lowDigit = low + ((count & symbolMask) << 1);
    store<u16>(lowDigit, load<u16>(lowDigit) + 1);
    const highDigit = high + ((count >>> digitBits) << 1);
    store<u16>(highDigit, load<u16>(highDigit) + 1);
  }
  sortByDigit(work + sortedKeys, work + otherKeys, used, low, digitBits);
  sortByDigit(work + otherKeys, work + sortedKeys, used, high, 2 * digitBits);
  return used;
}

function sortByDigit(from: usize, to: usize, keys: u32, counters: usize, shift: u32): void {
  let before: u32 = 0;
  for (let digit: u32 = 0, placed: u32 = 0; placed < keys; digit++) {
    const counter = counters + (digit << 1);
    const count: u32 = load<u16>(counter);
    store<u16>(counter, before);
    before += count;
    placed = before;
  }
  for (let index: u32 = 0; index < keys; index++) {
    const key = load<u32>(from + (index << 2));
    const counter = counters + (((key >>> shift) & symbolMask) << 1);
    const place: u32 = load<u16>(counter);
    store<u16>(counter, place + 1);
    store<u32>(to + (place << 2), key);
  }
}

/**
 * Turns sorted frequencies into the number of codes of each length, in place (Moffat and Katajainen, "In-place
 * calculation of minimum-redundancy codes", 1995); then shortens what is longer than `limit` as zlib does: each time
 * two codes of the limit move under a shorter one.
 */
function countLengths(weights: usize, used: u32, limit: u32, counters: usize): void {
  // First pass: weights of inner nodes from the left, then parents in their place.
  let root: u32 = 0;
  let leaf: u32 = 0;
  for (let next: u32 = 0; next < used - 1; next++) {
    let weight: u32 = 0;
    for (let child = 0; child < 2; child++) {
      if (
        leaf >= used ||
        (root < next && load<u32>(weights + (root << 2)) < load<u32>(weights + (leaf << 2)))
      ) {
        weight += load<u32>(weights + (root << 2));
        store<u32>(weights + (root++ << 2), next);
      } else weight += load<u32>(weights + (leaf++ << 2));
    }
    store<u32>(weights + (next << 2), weight);
  }
  // Second pass: depths of inner nodes from the root on the right; leaves are what a level has left.
  memory.fill(counters, 0, 64);
  store<u32>(weights + ((used - 2) << 2), 0);
  for (let node: i32 = used - 3; node >= 0; node--)
    store<u32>(weights + (node << 2), load<u32>(weights + (load<u32>(weights + (node << 2)) << 2)) + 1);
  let available: u32 = 1;
  let depth: u32 = 0;
  let inner: i32 = used - 2;
  while (available > 0) {
    let innerHere: u32 = 0;
    while (inner >= 0 && load<u32>(weights + (inner << 2)) === depth) {
      innerHere++;
      inner--;
    }
    const leaves = available - innerHere;
    const length = min(depth, limit);
    if (leaves > 0) store<u32>(counters + (length << 2), load<u32>(counters + (length << 2)) + leaves);
    available = innerHere << 1;
    depth++;
  }
  // What the codes take of the space of 2^limit; more than all of it after codes were cut to the limit.
  let space: u32 = 0;
  for (let length: u32 = 1; length <= limit; length++)
    space += load<u32>(counters + (length << 2)) << (limit - length);
  for (let overlong: i32 = space - (1 << limit); overlong > 0; overlong--) {
    let length = limit - 1;
    while (load<u32>(counters + (length << 2)) === 0) length--;
    const at = counters + (length << 2);
    store<u32>(at, load<u32>(at) - 1);
    store<u32>(at, load<u32>(at, 4) + 2, 4);
    const last = counters + (limit << 2);
    store<u32>(last, load<u32>(last) - 1);
  }
}

/** The low `length` bits of `code` in the other order. */
function reversed(code: u32, length: u32): u32 {
  let bits = code;
  bits = ((bits & 0x5555) << 1) | ((bits >>> 1) & 0x5555);
  bits = ((bits & 0x3333) << 2) | ((bits >>> 2) & 0x3333);
  bits = ((bits & 0x0f0f) << 4) | ((bits >>> 4) & 0x0f0f);
  bits = ((bits & 0x00ff) << 8) | (bits >>> 8);
  return bits >>> (16 - length);
}

/** Canonical codes for the lengths at `lengths` (RFC 1951, 3.2.2): one u32 each, the code << 8 | its length. */
export function assignCodes(lengths: usize, symbols: u32, codes: usize, work: usize): void {
  const next = work + lengthCounters;
  memory.fill(next, 0, 128);
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const at = next + ((<u32>load<u8>(lengths + symbol)) << 2);
    store<u32>(at, load<u32>(at, 64) + 1, 64);
  }
  let code: u32 = 0;
  for (let length: u32 = 1; length < 16; length++) {
    store<u32>(next + (length << 2), code);
    code = (code + load<u32>(next + (length << 2), 64)) << 1;
  }
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const length: u32 = load<u8>(lengths + symbol);
    let entry: u32 = 0;
    if (length !== 0) {
      const at = next + (length << 2);
      const value = load<u32>(at);
      store<u32>(at, value + 1);
      entry = (reversed(value, length) << 8) | length;
    }
    store<u32>(codes + (symbol << 2), entry);
  }
}

/**
 * A Huffman code for the frequencies at `counts` (u32, their sum below 2^18), none longer than `limit`: its lengths at
 * `lengths`, its codes at `codes`. It is complete also for fewer than two used symbols: some decoders insist.
 */
export function buildCode(
  counts: usize,
  symbols: u32,
  limit: u32,
  lengths: usize,
  codes: usize,
  work: usize,
): void {
  const used = sortSymbols(counts, symbols, work);
  memory.fill(lengths, 0, symbols);
  if (used < 2) {
    const symbol: u32 = used === 0 ? 0 : load<u32>(work + sortedKeys) & symbolMask;
    store<u8>(lengths + symbol, 1);
    store<u8>(lengths + (symbol === 0 ? 1 : 0), 1);
  } else {
    const weights = work + otherKeys;
    for (let index: u32 = 0; index < used; index++)
      store<u32>(weights + (index << 2), load<u32>(work + (index << 2), sortedKeys) >>> digitBits);
    const counters = work + lengthCounters;
    countLengths(weights, used, limit, counters);
    let index: u32 = 0;
    for (let length = limit; length > 0; length--)
      for (let left = load<u32>(counters + (length << 2)); left > 0; left--)
        store<u8>(lengths + (load<u32>(work + (index++ << 2), sortedKeys) & symbolMask), <u8>length);
  }
  assignCodes(lengths, symbols, codes, work);
}
