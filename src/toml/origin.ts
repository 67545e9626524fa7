/** Where a value of the configuration came from. Lines and columns count from 1. */
export type Origin =
  | { readonly kind: "default" }
  | { readonly kind: "file"; readonly path: string; readonly line: number; readonly column: number }
  | { readonly kind: "environment"; readonly variable: string }
  | { readonly kind: "flag"; readonly flag: string };

/** Where values come from that nobody set. */
export const defaultOrigin: Origin = { kind: "default" };

/** Later layers override earlier ones. */
const layers: readonly Origin["kind"][] = ["default", "file", "environment", "flag"];

/** True when `origin` belongs to a layer that overrides the layer of `other`. */
export function overrides(origin: Origin, other: Origin): boolean {
  return layers.indexOf(origin.kind) > layers.indexOf(other.kind);
}

/** "default", "daq.toml:12", "env DAQ_STORAGE_FORMAT" or "flag --format". */
export function originText(origin: Origin): string {
  switch (origin.kind) {
    case "default":
      return "default";
    case "file":
      return `${origin.path}:${origin.line}`;
    case "environment":
      return `env ${origin.variable}`;
    case "flag":
      return `flag ${origin.flag}`;
  }
}

/** How a problem's line begins: the place as an editor understands it, or the variable, or the flag. */
export function placeText(origin: Origin): string {
  switch (origin.kind) {
    case "default":
      return "default configuration";
    case "file":
      return `${origin.path}:${origin.line}`;
    case "environment":
      return origin.variable;
    case "flag":
      return origin.flag;
  }
}
