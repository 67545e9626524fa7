/** Why the engine stopped what it was waiting for. Never an error of a device or of a plan. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly kind: "pause" | "abort" | "halt";

  constructor(kind: Interruption["kind"], reason: string) {
    super(reason);
    this.kind = kind;
  }
}
