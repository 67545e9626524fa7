/** Which sequence numbers some records have: from `first` to `last`, without the holes. */
export type SequenceSpan = {
  readonly first: number;
  readonly last: number;
  /** First missing number, and how many. */
  readonly holes: readonly (readonly [first: number, count: number])[];
  /** Holes beyond `mostHoles`: the numbers missing behind the last one of `holes`, together. */
  readonly moreMissing?: number;
};

/** Holes that are written down one by one; a source that loses something all the time has millions. */
const mostHoles = 1000;

/** The span of the first `count` of them. */
export function spanOf(sequences: BigInt64Array, count: number): SequenceSpan | undefined {
  if (count === 0) return undefined;
  const first = Number(sequences[0]);
  const last = Number(sequences[count - 1]);
  if (last - first === count - 1) return { first, last, holes: [] };
  let span: SequenceSpan | undefined;
  let from = 0;
  for (let at = 1; at <= count; at++) {
    if (at < count && sequences[at]! - sequences[at - 1]! === 1n) continue;
    span = joinedSpans(span, { first: Number(sequences[from]), last: Number(sequences[at - 1]), holes: [] });
    from = at;
  }
  return span;
}

/** `later` begins behind the end of `earlier`. */
export function joinedSpans(
  earlier: SequenceSpan | undefined,
  later: SequenceSpan | undefined,
): SequenceSpan | undefined {
  if (earlier === undefined || later === undefined) return earlier ?? later;
  const gap = later.first - earlier.last - 1;
  const holes = [...earlier.holes];
  let moreMissing = earlier.moreMissing ?? 0;
  const between = gap > 0 ? [[earlier.last + 1, gap] as const] : [];
  for (const hole of [...between, ...later.holes])
    if (holes.length < mostHoles) holes.push(hole);
    else moreMissing += hole[1];
  moreMissing += later.moreMissing ?? 0;
  return { first: earlier.first, last: later.last, holes, ...(moreMissing === 0 ? {} : { moreMissing }) };
}
