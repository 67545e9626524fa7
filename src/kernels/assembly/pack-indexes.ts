/** A shorter run is packed like what is around it: a run of its own ends that, and begins it again. */
const shortestRun: u32 = 16;

/**
 * `count` integers of 2 bytes in Parquet's hybrid of run lengths and packed bits, `width` bits each (at most 16). Returns
 * where it ends.
 */
export function packIndexes(source: usize, count: u32, width: u32, target: usize): usize {
  let to = target;
  let packedFrom: u32 = 0;
  let at: u32 = 0;
  while (at < count) {
    let run = runLength(source + (<usize>at << 1), count - at);
    if (run < shortestRun) {
      at += run;
      continue;
    }
    // Eight are packed together: the run fills the last eight up.
    const filling = (8 - ((at - packedFrom) & 7)) & 7;
    at += filling;
    run -= filling;
    to = packedRun(source + (<usize>packedFrom << 1), at - packedFrom, width, to);
    to = varint(to, run << 1);
    const value = load<u16>(source + (<usize>at << 1));
    store<u8>(to++, value);
    if (width > 8) store<u8>(to++, value >> 8);
    at += run;
    packedFrom = at;
  }
  return packedRun(source + (<usize>packedFrom << 1), count - packedFrom, width, to);
}

function runLength(source: usize, most: u32): u32 {
  const value = load<u16>(source);
  let run: u32 = 1;
  while (run < most && load<u16>(source + (<usize>run << 1)) === value) run++;
  return run;
}

/** Eight to `width` bytes, least significant bit first, with zeros behind the last one. */
function packedRun(source: usize, count: u32, width: u32, target: usize): usize {
  if (count === 0) return target;
  const groups = (count + 7) >> 3;
  let to = varint(target, (groups << 1) | 1);
  let word: u64 = 0;
  let bits: u32 = 0;
  for (let at: u32 = 0; at < groups << 3; at++) {
    if (at < count) word |= (<u64>load<u16>(source + (<usize>at << 1))) << bits;
    bits += width;
    if (bits >= 32) {
      store<u32>(to, <u32>word);
      to += 4;
      word >>= 32;
      bits -= 32;
    }
  }
  for (; bits !== 0; bits -= 8) {
    store<u8>(to++, <u8>word);
    word >>= 8;
  }
  return to;
}

function varint(to: usize, value: u32): usize {
  while (value >= 128) {
    store<u8>(to++, value | 128);
    value >>= 7;
  }
  store<u8>(to++, value);
  return to;
}
