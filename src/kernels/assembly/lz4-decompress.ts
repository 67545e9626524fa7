import { copyMatch } from "./copy-match";
import { copyRun, copyRunSlack } from "./copy-run";

const shortestMatch: u32 = 4;
const longestOutput: u32 = 0x7fff_ffff;
/** A token and a vector of literals; or fourteen of them and the offset. */
const sourceOfShort: usize = 1 + 16;
/** The longest literals and the longest match whose lengths stand in the token. */
const targetOfShort: usize = 14 + 18;

/**
 * The bytes of one block, or −1 when it is damaged or has more than `capacity`: nothing of it is believed before it was
 * compared with what is there.
 */
export function lz4Decompress(source: usize, length: u32, target: usize, capacity: u32): i32 {
  const end = source + length;
  const targetEnd = target + min<u32>(capacity, longestOutput);
  let from = source;
  let to = target;
  while (from !== end) {
    const token = <u32>load<u8>(from);
    let run = token >> 4;
    let extra = token & 15;
    if (run < 15 && end - from >= sourceOfShort && targetEnd - to >= targetOfShort) {
      v128.store(to, v128.load(from, 1));
      from += 1 + run;
      to += run;
      const offset = <u32>load<u16>(from);
      if (extra < 15 && offset >= 16) {
        if (offset > <u32>(to - target)) return -1;
        const match = to - offset;
        v128.store(to, v128.load(match));
        store<u16>(to, load<u16>(match, 16), 16);
        to += extra + shortestMatch;
        from += 2;
        continue;
      }
    } else {
      from++;
      if (run === 15) {
        let byte: u32;
        do {
          if (from === end) return -1;
          byte = load<u8>(from++);
          run += byte;
          if (run > <u32>(targetEnd - to)) return -1;
        } while (byte === 255);
      }
      if (run > <u32>(targetEnd - to) || run > <u32>(end - from)) return -1;
      if (run > 16 && end - from >= run + copyRunSlack && targetEnd - to >= run + copyRunSlack)
        copyRun(to, from, run);
      else memory.copy(to, from, run);
      from += run;
      to += run;
      if (from === end) return <i32>(to - target);
      if (end - from < 2) return -1;
    }
    const offset = <u32>load<u16>(from);
    from += 2;
    if (offset === 0 || offset > <u32>(to - target)) return -1;
    if (extra === 15) {
      let byte: u32;
      do {
        if (from === end) return -1;
        byte = load<u8>(from++);
        extra += byte;
        if (extra > <u32>(targetEnd - to)) return -1;
      } while (byte === 255);
    }
    const bytes = extra + shortestMatch;
    if (bytes > <u32>(targetEnd - to)) return -1;
    copyMatch(to, offset, bytes, <u32>(targetEnd - to));
    to += bytes;
  }
  return -1;
}
