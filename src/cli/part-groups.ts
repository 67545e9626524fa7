/** Files that are the parts of one stream, as a pattern of Python's `glob`; or a file on its own. */
export type PartGroup = { readonly path: string; readonly isPattern: boolean };

/** Joins `scan_0001.camera0.parquet`, `scan_0002.camera0.parquet` … to `scan_*.camera0.parquet`; other files stay. */
export function partGroups(paths: readonly string[]): PartGroup[] {
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const pattern = patternOf(path) ?? path;
    groups.set(pattern, [...(groups.get(pattern) ?? []), path]);
  }
  return [...groups].map(([pattern, [first = "", ...more]]) =>
    more.length > 0 ? { path: pattern, isPattern: true } : { path: first, isPattern: false },
  );
}

/** Undefined for a file that is no part, and for a name that would mean something else as a pattern. */
function patternOf(path: string): string | undefined {
  const [, start, rest] = /^([^*?[\]]*)_\d{4,}(\.[^/*?[\]]+)$/.exec(path) ?? [];
  return start === undefined ? undefined : `${start}_*${rest}`;
}
