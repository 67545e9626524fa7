const longestShown = 60;

/** The beginning of a text that may be of any length, for a message. */
export function shortened(text: string): string {
  // Cut coarsely first: splitting a megabyte into characters for a message is a waste.
  const characters = Array.from(text.slice(0, 4 * longestShown));
  if (characters.length <= longestShown) return text;
  return `${characters.slice(0, longestShown).join("")}…`;
}

/** A name in quotation marks, with what cannot be printed escaped. */
export function quoted(name: string): string {
  return JSON.stringify(shortened(name));
}
