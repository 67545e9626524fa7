/** The smallest and the largest of `count` (at least 1) integers of 4 or 8 bytes, to two places of `target`. */
export function extremesOfIntegers(
  elementBytes: u32,
  isSigned: u32,
  source: usize,
  count: u32,
  target: usize,
): void {
  if (elementBytes === 8) {
    if (isSigned !== 0) extremesOf<i64>(source, count, target);
    else extremesOf<u64>(source, count, target);
  } else if (isSigned !== 0) extremesOf<i32>(source, count, target);
  else extremesOf<u32>(source, count, target);
}

// Two of each: one minimum does not wait for the one before it.
function extremesOf<T>(source: usize, count: u32, target: usize): void {
  let low = load<T>(source);
  let high = low;
  let lowToo = low;
  let highToo = low;
  let from = source;
  const end = source + count * sizeof<T>();
  while (from + 2 * sizeof<T>() <= end) {
    const first = load<T>(from);
    const second = load<T>(from, sizeof<T>());
    low = min<T>(low, first);
    high = max<T>(high, first);
    lowToo = min<T>(lowToo, second);
    highToo = max<T>(highToo, second);
    from += 2 * sizeof<T>();
  }
  if (from < end) {
    low = min<T>(low, load<T>(from));
    high = max<T>(high, load<T>(from));
  }
  store<T>(target, min<T>(low, lowToo));
  store<T>(target, max<T>(high, highToo), sizeof<T>());
}
