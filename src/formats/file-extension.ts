/**
 * What a path ends with that is one of these extensions, as the path spells it: "RUN.H5" ends with ".H5". Of several,
 * the longest (".csv.gz" before ".gz"); undefined when there is none. Programs on other systems write capitals.
 */
export function extensionIn(path: string, extensions: readonly string[]): string | undefined {
  const lower = path.toLowerCase();
  const [longest] = extensions
    .filter((extension) => lower.endsWith(extension.toLowerCase()))
    .sort((a, b) => b.length - a.length);
  return longest === undefined ? undefined : path.slice(-longest.length);
}

/** Ends of names of what stands beside data: the journals of a run and of an upload, and the documents of a plan. */
const besideData = [".journal.jsonl", ".upload.jsonl", ".documents.jsonl"] as const;

/** True for a name that ends as data in JSON lines does, and means something else. */
export function isBesideData(path: string): boolean {
  return extensionIn(path, besideData) !== undefined;
}
