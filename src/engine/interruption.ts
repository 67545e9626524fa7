/** Why the engine stopped what it was waiting for. Never an error of a device or of a plan. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly kind: "pause" | "abort" | "halt";

  constructor(kind: Interruption["kind"], reason: string) {
    super(reason);
    this.kind = kind;
  }
}

const ranks: readonly (string | undefined)[] = ["pause", undefined, "abort", "halt"];

/** An abort is not forgotten for a pause that came before it; something that failed beside the plan stands between. */
export function outranks(reason: Error, other: unknown): boolean {
  const rank = (of: unknown) => ranks.indexOf(of instanceof Interruption ? of.kind : undefined);
  return rank(reason) > rank(other);
}

/** The plan goes on afterwards. */
export function isPause(reason: unknown): boolean {
  return reason instanceof Interruption && reason.kind === "pause";
}
