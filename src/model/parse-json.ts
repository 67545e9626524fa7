/** The inverse of `toJson`: integers that a double cannot hold exactly come back as `bigint`. */
export function parseJson(text: string): unknown {
  return JSON.parse(text, reviveInteger);
}

function reviveInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}
