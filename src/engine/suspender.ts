/** What a condition is told when it is asked. */
export type ConditionContext = {
  /** The plan waits because of it: for hysteresis. */
  readonly tripped: boolean;
  readonly signal: AbortSignal;
};

/** Something that a plan depends on and cannot bring about: a beam, a pressure, room to write. */
export interface Suspender {
  /** What it watches, as in "the beam current". */
  readonly name: string;
  /**
   * `at once`: what moves is stopped, and the plan goes on from its last checkpoint. `between points`: the plan waits at its
   * next checkpoint, and nothing is done twice.
   */
  readonly when: "at once" | "between points";
  /** How often it is asked. `between points` is asked at every checkpoint, and then this often while the plan waits. */
  readonly everySeconds: number;
  /** How long all has to be well before the plan goes on. */
  readonly resumeSeconds: number;
  /** Why the plan cannot go on, or undefined. One that fails or does not answer is a reason. */
  condition(context: ConditionContext): string | undefined | Promise<string | undefined>;
  /** Calls `changed` when it is worth asking before the time. Returns what ends that. */
  subscribe?(changed: () => void): () => void;
}
