/** What `copyRun` may read and write behind the run, which the caller makes sure of. */
export const copyRunSlack: u32 = 16;

/**
 * Copies a run of more than 16 bytes, sixteen at a time; up to `copyRunSlack` bytes behind it are read and written.
 * From 16 bytes on back, the run may overlap what is copied.
 */
export function copyRun(to: usize, from: usize, bytes: u32): void {
  v128.store(to, v128.load(from));
  let at: u32 = 16;
  do {
    v128.store(to + at, v128.load(from + at));
    at += 16;
  } while (at < bytes);
}
