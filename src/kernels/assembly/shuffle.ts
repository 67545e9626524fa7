/** Byte planes: all first bytes, then all second bytes; bytes behind the last whole element stay at the end. */
export function shuffle(elementBytes: u32, source: usize, length: u32, target: usize): void {
  if (elementBytes < 2) {
    memory.copy(target, source, length);
    return;
  }
  const elements = length / elementBytes;
  const whole = elements * elementBytes;
  let done: u32 = 0;
  if (elementBytes === 2) done = shuffle2(source, elements, target);
  else if (elementBytes === 4) done = shuffle4(source, elements, target);
  else if (elementBytes === 8) done = shuffle8(source, elements, target);
  shuffleAny(elementBytes, source, done, elements, target);
  memory.copy(target + whole, source + whole, length - whole);
}

/** The inverse of `shuffle`. */
export function unshuffle(elementBytes: u32, source: usize, length: u32, target: usize): void {
  if (elementBytes < 2) {
    memory.copy(target, source, length);
    return;
  }
  const elements = length / elementBytes;
  const whole = elements * elementBytes;
  let done: u32 = 0;
  if (elementBytes === 2) done = unshuffle2(source, elements, target);
  else if (elementBytes === 4) done = unshuffle4(source, elements, target);
  else if (elementBytes === 8) done = unshuffle8(source, elements, target);
  unshuffleAny(elementBytes, source, done, elements, target);
  memory.copy(target + whole, source + whole, length - whole);
}

/** So many elements of any size stay in the nearest cache while each plane takes its byte of them. */
const elementsAtOnce: u32 = 128;

function shuffleAny(elementBytes: u32, source: usize, from: u32, elements: u32, target: usize): void {
  while (from < elements) {
    const until = from + min<u32>(elementsAtOnce, elements - from);
    for (let plane: u32 = 0; plane < elementBytes; plane++) {
      let at = source + from * elementBytes + plane;
      for (let element = from; element < until; element++, at += elementBytes)
        store<u8>(target + plane * elements + element, load<u8>(at));
    }
    from = until;
  }
}

function unshuffleAny(elementBytes: u32, source: usize, from: u32, elements: u32, target: usize): void {
  while (from < elements) {
    const until = from + min<u32>(elementsAtOnce, elements - from);
    for (let plane: u32 = 0; plane < elementBytes; plane++) {
      let at = target + from * elementBytes + plane;
      for (let element = from; element < until; element++, at += elementBytes)
        store<u8>(at, load<u8>(source + plane * elements + element));
    }
    from = until;
  }
}

// The functions below do sixteen elements at a time and return how many they did; `…Any` does the rest.

/** The bytes of both in turns, from their lower halves. */
function zipLow(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

function zipHigh(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

function shuffle2(source: usize, elements: u32, target: usize): u32 {
  const whole = elements & ~15;
  const high = target + elements;
  for (let element: u32 = 0; element < whole; element += 16) {
    const at = source + (element << 1);
    const a = v128.load(at);
    const b = v128.load(at, 16);
    v128.store(
      target + element,
      v128.shuffle<u8>(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
    );
    v128.store(
      high + element,
      v128.shuffle<u8>(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31),
    );
  }
  return whole;
}

function unshuffle2(source: usize, elements: u32, target: usize): u32 {
  const whole = elements & ~15;
  const high = source + elements;
  for (let element: u32 = 0; element < whole; element += 16) {
    const at = target + (element << 1);
    const a = v128.load(source + element);
    const b = v128.load(high + element);
    v128.store(at, zipLow(a, b));
    v128.store(at, zipHigh(a, b), 16);
  }
  return whole;
}

// Zipping the first half of some vectors with their second half rotates the place numbers of all their bytes left by a
// bit. Four times, and the four bits that number sixteen elements have gone from the top to the bottom: one
// instruction a vector and step, where taking even and odd places costs three.

function shuffle4(source: usize, elements: u32, target: usize): u32 {
  const whole = elements & ~15;
  for (let element: u32 = 0; element < whole; element += 16) {
    const at = source + (element << 2);
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    const a1 = zipLow(a, c);
    const b1 = zipHigh(a, c);
    const c1 = zipLow(b, d);
    const d1 = zipHigh(b, d);
    const a2 = zipLow(a1, c1);
    const b2 = zipHigh(a1, c1);
    const c2 = zipLow(b1, d1);
    const d2 = zipHigh(b1, d1);
    const a3 = zipLow(a2, c2);
    const b3 = zipHigh(a2, c2);
    const c3 = zipLow(b2, d2);
    const d3 = zipHigh(b2, d2);
    let to = target + element;
    v128.store(to, zipLow(a3, c3));
    to += elements;
    v128.store(to, zipHigh(a3, c3));
    to += elements;
    v128.store(to, zipLow(b3, d3));
    v128.store(to + elements, zipHigh(b3, d3));
  }
  return whole;
}

function unshuffle4(source: usize, elements: u32, target: usize): u32 {
  const whole = elements & ~15;
  for (let element: u32 = 0; element < whole; element += 16) {
    let from = source + element;
    const a = v128.load(from);
    from += elements;
    const b = v128.load(from);
    from += elements;
    const c = v128.load(from);
    const d = v128.load(from + elements);
    const lowAC = zipLow(a, c);
    const lowBD = zipLow(b, d);
    const highAC = zipHigh(a, c);
    const highBD = zipHigh(b, d);
    const at = target + (element << 2);
    v128.store(at, zipLow(lowAC, lowBD));
    v128.store(at, zipHigh(lowAC, lowBD), 16);
    v128.store(at, zipLow(highAC, highBD), 32);
    v128.store(at, zipHigh(highAC, highBD), 48);
  }
  return whole;
}

function shuffle8(source: usize, elements: u32, target: usize): u32 {
  const whole = elements & ~15;
  for (let element: u32 = 0; element < whole; element += 16) {
    const at = source + (element << 3);
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    const e = v128.load(at, 64);
    const f = v128.load(at, 80);
    const g = v128.load(at, 96);
    const h = v128.load(at, 112);
    const a1 = zipLow(a, e);
    const b1 = zipHigh(a, e);
    const c1 = zipLow(b, f);
    const d1 = zipHigh(b, f);
    const e1 = zipLow(c, g);
    const f1 = zipHigh(c, g);
    const g1 = zipLow(d, h);
    const h1 = zipHigh(d, h);
    const a2 = zipLow(a1, e1);
    const b2 = zipHigh(a1, e1);
    const c2 = zipLow(b1, f1);
    const d2 = zipHigh(b1, f1);
    const e2 = zipLow(c1, g1);
    const f2 = zipHigh(c1, g1);
    const g2 = zipLow(d1, h1);
    const h2 = zipHigh(d1, h1);
    const a3 = zipLow(a2, e2);
    const b3 = zipHigh(a2, e2);
    const c3 = zipLow(b2, f2);
    const d3 = zipHigh(b2, f2);
    const e3 = zipLow(c2, g2);
    const f3 = zipHigh(c2, g2);
    const g3 = zipLow(d2, h2);
    const h3 = zipHigh(d2, h2);
    let to = target + element;
    v128.store(to, zipLow(a3, e3));
    to += elements;
    v128.store(to, zipHigh(a3, e3));
    to += elements;
    v128.store(to, zipLow(b3, f3));
    to += elements;
    v128.store(to, zipHigh(b3, f3));
    to += elements;
    v128.store(to, zipLow(c3, g3));
    to += elements;
    v128.store(to, zipHigh(c3, g3));
    to += elements;
    v128.store(to, zipLow(d3, h3));
    v128.store(to + elements, zipHigh(d3, h3));
  }
  return whole;
}

function unshuffle8(source: usize, elements: u32, target: usize): u32 {
  const whole = elements & ~15;
  for (let element: u32 = 0; element < whole; element += 16) {
    let from = source + element;
    const a = v128.load(from);
    from += elements;
    const b = v128.load(from);
    from += elements;
    const c = v128.load(from);
    from += elements;
    const d = v128.load(from);
    from += elements;
    const e = v128.load(from);
    from += elements;
    const f = v128.load(from);
    from += elements;
    const g = v128.load(from);
    const h = v128.load(from + elements);
    const at = target + (element << 3);
    const lowAE = zipLow(a, e);
    const lowBF = zipLow(b, f);
    const lowCG = zipLow(c, g);
    const lowDH = zipLow(d, h);
    const highAE = zipHigh(a, e);
    const highBF = zipHigh(b, f);
    const highCG = zipHigh(c, g);
    const highDH = zipHigh(d, h);
    storeEight(at, lowAE, lowBF, lowCG, lowDH);
    storeEight(at + 64, highAE, highBF, highCG, highDH);
  }
  return whole;
}

/** Eight elements of eight bytes from the pairs of their bytes 0 and 4, 1 and 5, 2 and 6, 3 and 7. */
function storeEight(at: usize, ae: v128, bf: v128, cg: v128, dh: v128): void {
  const lowACEG = zipLow(ae, cg);
  const lowBDFH = zipLow(bf, dh);
  const highACEG = zipHigh(ae, cg);
  const highBDFH = zipHigh(bf, dh);
  v128.store(at, zipLow(lowACEG, lowBDFH));
  v128.store(at, zipHigh(lowACEG, lowBDFH), 16);
  v128.store(at, zipLow(highACEG, highBDFH), 32);
  v128.store(at, zipHigh(highACEG, highBDFH), 48);
}
