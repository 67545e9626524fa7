import { packIndexes } from "./pack-indexes";

/** As in `kernels.ts`; an index and a number of values fit into 16 bits. */
const mostEntries: u32 = 1 << 14;
const slotBits: u32 = 15;
const valuesAt: usize = 8;

/**
 * Parquet's RLE_DICTIONARY of `count` (at least 1) values of 4 or 8 bytes, by their bits: both zeros and every NaN are values
 * of their own. Returns the bytes, or 0 when the dictionary in `table` would get more than `mostEntries`; it is of no use
 * then.
 */
export function dictionaryEncode(
  elementBytes: u32,
  source: usize,
  count: u32,
  table: usize,
  indexes: usize,
  target: usize,
): u32 {
  const entries =
    elementBytes === 8
      ? lookUp<u64>(source, count, table, indexes)
      : lookUp<u32>(source, count, table, indexes);
  if (entries > mostEntries) return 0;
  store<u32>(table, entries);
  // A width of 0 is allowed for a single value, but not read by everybody.
  const width = max<u32>(32 - clz(entries - 1), 1);
  store<u8>(target, width);
  return <u32>(packIndexes(indexes, count, width, target + 1) - target);
}

/** Writes the index of each value; returns how many values the dictionary has then. */
function lookUp<T>(source: usize, count: u32, table: usize, indexes: usize): u32 {
  const values = table + valuesAt;
  const slots = values + mostEntries * sizeof<T>();
  let entries = load<u32>(table);
  let before: T = 0;
  let beforeIndex: u32 = 0;
  for (let at: u32 = 0; at < count; at++) {
    const value = load<T>(source + at * sizeof<T>());
    if (at === 0 || value !== before) {
      before = value;
      let slot = <u32>((<u64>value * 0x9e37_79b9_7f4a_7c15) >> (64 - slotBits));
      // A slot has the index and one; 0 is empty.
      while (true) {
        const found = <u32>load<u16>(slots + (<usize>slot << 1));
        if (found === 0) {
          if (entries === mostEntries) return mostEntries + 1;
          store<T>(values + entries * sizeof<T>(), value);
          beforeIndex = entries++;
          store<u16>(slots + (<usize>slot << 1), <u16>entries);
          break;
        }
        beforeIndex = found - 1;
        if (load<T>(values + beforeIndex * sizeof<T>()) === value) break;
        slot = (slot + 1) & ((1 << slotBits) - 1);
      }
    }
    store<u16>(indexes + (<usize>at << 1), <u16>beforeIndex);
  }
  return entries;
}
