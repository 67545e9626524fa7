import type { Node, Script } from "../parser/syntax-tree.ts";

function isNode(value: object): value is Node {
  return "kind" in value && "at" in value;
}

/** Every part of a script, those of its functions and closures, too. Without recursion: scripts may nest deeply. */
export function* nodesOf({ body, functions }: Script): Generator<Node> {
  const left: unknown[] = [body, ...functions.map((definition) => definition.body)];
  while (left.length > 0) {
    const value = left.pop();
    if (Array.isArray(value)) {
      for (const item of value) left.push(item);
      continue;
    }
    if (typeof value !== "object" || value === null) continue;
    if (isNode(value)) {
      yield value;
      if (value.kind === "literal") continue;
    }
    for (const part of Object.values(value)) left.push(part);
  }
}
