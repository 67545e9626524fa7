/** Park and Miller's generator: the pauses are irregular and the same in every run. */
function* pauses(count: number, shortestMs: number, longestMs: number): Generator<number> {
  let state = 1;
  for (let pause = 0; pause < count; pause++) {
    state = (state * 48_271) % 2_147_483_647;
    yield shortestMs + (state / 2_147_483_647) * (longestMs - shortestMs);
  }
}

/** Milliseconds that are long enough for the processors to go to sleep. */
export function idlePauses(count: number): Generator<number> {
  return pauses(count, 1, 5);
}

/** Milliseconds that a program may work for between two records. */
export function busyPauses(count: number): Generator<number> {
  return pauses(count, 0.05, 0.3);
}
