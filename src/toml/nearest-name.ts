/** Edits (insert, delete, replace, swap neighbours) that turn one word into the other. */
function editDistance(from: string, to: string): number {
  const width = to.length + 1;
  const rows = [Array.from({ length: width }, (_, index) => index)];
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column < width; column++) {
      const replace = from[row - 1] === to[column - 1] ? 0 : 1;
      let best = Math.min(
        rows[row - 1]![column]! + 1,
        current[column - 1]! + 1,
        rows[row - 1]![column - 1]! + replace,
      );
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (row > 1 && column > 1 && swapped) best = Math.min(best, rows[row - 2]![column - 2]! + 1);
      current.push(best);
    }
    rows.push(current);
  }
  return rows[from.length]![to.length]!;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, "");
}

/** The name that was probably meant; undefined when none is near (about one edit for every three characters). */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const typed = plain(name);
  let best: { name: string; distance: number } | undefined;
  for (const candidate of names) {
    const length = Math.max(typed.length, plain(candidate).length);
    const limit = Math.max(1, Math.floor(length / 3));
    // The distance is at least the difference of the lengths, so long nonsense costs nothing.
    if (Math.abs(typed.length - plain(candidate).length) > limit) continue;
    const distance = editDistance(typed, plain(candidate));
    if (distance <= limit && (best === undefined || distance < best.distance))
      best = { name: candidate, distance };
  }
  return best?.name;
}

/** The end of a message about a name that does not exist: the nearest one, else all of them. */
export function suggestion(name: string, names: readonly string[], quote: (name: string) => string): string {
  const nearest = nearestName(name, names);
  if (nearest !== undefined) return `did you mean ${quote(nearest)}?`;
  return names.length === 0 ? "there are none" : `choose from: ${names.map(quote).join(", ")}`;
}
