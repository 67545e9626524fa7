/** One thing that was looked at. */
export type Finding = {
  readonly name: string;
  /** `slow`: it works, and something would make it faster. `failed`: recording needs it. */
  readonly state: "ok" | "slow" | "failed";
  readonly value: string;
  /** What to do: one sentence. */
  readonly hint?: string;
};
