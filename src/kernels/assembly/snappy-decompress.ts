import { copyMatch } from "./copy-match";
import { copyRun, copyRunSlack } from "./copy-run";

const longestOutput: u32 = 0x7fff_ffff;

/**
 * The bytes of one block, or −1 when it is damaged or has more than `capacity`: nothing of it is believed before it was
 * compared with what is there.
 */
export function snappyDecompress(source: usize, length: u32, target: usize, capacity: u32): i32 {
  const end = source + length;
  let from = source;
  let size: u64 = 0;
  for (let shift: u64 = 0; ; shift += 7) {
    if (from === end || shift > 28) return -1;
    const byte = <u64>load<u8>(from++);
    size |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  if (size > <u64>min<u32>(capacity, longestOutput)) return -1;
  const targetEnd = target + <u32>size;
  let to = target;
  while (from !== end) {
    const tag = <u32>load<u8>(from);
    const kind = tag & 3;
    if (kind === 0) {
      let run = (tag >> 2) + 1;
      if (run <= 16 && end - from >= 17 && targetEnd - to >= 16) {
        v128.store(to, v128.load(from, 1));
        from += 1 + run;
        to += run;
        continue;
      }
      from++;
      if (run > 60) {
        const lengthBytes = run - 60;
        if (end - from < lengthBytes) return -1;
        run = 0;
        for (let byte: u32 = 0; byte < lengthBytes; byte++) run |= (<u32>load<u8>(from++)) << (byte << 3);
        // 2³² literals, as 0 here: no target has room for them.
        if (++run === 0) return -1;
      }
      if (run > <u32>(end - from) || run > <u32>(targetEnd - to)) return -1;
      if (run > 16 && end - from >= run + copyRunSlack && targetEnd - to >= run + copyRunSlack)
        copyRun(to, from, run);
      else memory.copy(to, from, run);
      from += run;
      to += run;
      continue;
    }
    let bytes = (tag >> 2) + 1;
    let offset: u32;
    if (kind === 1) {
      if (end - from < 2) return -1;
      bytes = ((tag >> 2) & 7) + 4;
      offset = ((tag >> 5) << 8) | load<u8>(from, 1);
      from += 2;
    } else if (kind === 2) {
      if (end - from < 3) return -1;
      offset = load<u16>(from, 1);
      from += 3;
    } else {
      if (end - from < 5) return -1;
      offset = load<u32>(from, 1);
      from += 5;
    }
    if (offset === 0 || offset > <u32>(to - target) || bytes > <u32>(targetEnd - to)) return -1;
    if (offset >= 16 && bytes <= 16 && targetEnd - to >= 16) v128.store(to, v128.load(to - offset));
    else copyMatch(to, offset, bytes, <u32>(targetEnd - to));
    to += bytes;
  }
  return to === targetEnd ? <i32>(to - target) : -1;
}
