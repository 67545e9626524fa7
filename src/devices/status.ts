import { DaqError } from "../model/errors.ts";

export type Patience = {
  /** Milliseconds until waiting is an error. */
  readonly timeoutMs: number;
  /** Ends the waiting at once, with the signal's reason. */
  readonly signal: AbortSignal;
};

/** Something that a device was told to do: it goes on, it is done, or it failed. */
export class Status {
  readonly device: string;
  /** What is waited for, as in "a reading", "the move to 800 nm". */
  readonly action: string;
  readonly #work: Promise<void>;
  #state: "going on" | "done" | "failed" = "going on";

  constructor(device: string, action: string, work: Promise<unknown>) {
    this.device = device;
    this.action = action;
    this.#work = work.then(
      () => {
        this.#state = "done";
      },
      (cause: unknown) => {
        this.#state = "failed";
        throw failure(device, action, cause);
      },
    );
    // It may fail before anybody waits; who waits is told.
    this.#work.catch(() => {});
  }

  get state(): "going on" | "done" | "failed" {
    return this.#state;
  }

  /** Rejects with `DaqError("device")` when the device fails or takes too long, and with the reason of the signal. */
  wait(patience: Patience): Promise<void> {
    return settled(this.#work, this.device, this.action, patience);
  }
}

/** One answer of a device. However the device behaves, this settles: with the answer, or an error that names it. */
export function answerOf<Answer>(
  device: string,
  action: string,
  ask: (signal: AbortSignal) => Promise<Answer>,
  patience: Patience,
): Promise<Answer> {
  if (patience.signal.aborted) return Promise.reject(patience.signal.reason);
  let answer: Promise<Answer>;
  try {
    answer = Promise.resolve(ask(patience.signal));
  } catch (cause) {
    answer = Promise.reject(cause);
  }
  return settled(
    answer.catch((cause: unknown) => {
      throw failure(device, action, cause);
    }),
    device,
    action,
    patience,
  );
}

function failure(device: string, action: string, cause: unknown): DaqError {
  if (cause instanceof DaqError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DaqError("device", `${device} failed: ${action} ended with "${reason}".`, {
    hint: `Check ${device} and its connection.`,
    cause,
  });
}

function settled<Answer>(
  work: Promise<Answer>,
  device: string,
  action: string,
  { timeoutMs, signal }: Patience,
): Promise<Answer> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
    const onAbort = () => {
      end();
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      end();
      reject(
        new DaqError("device", `${device} did not answer: waited ${timeoutMs / 1000} s for ${action}.`, {
          hint: `Check that ${device} is on and connected; if it needs longer, allow more time for this step.`,
        }),
      );
    }, timeoutMs);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(
      (answer) => {
        end();
        resolve(answer);
      },
      (error: unknown) => {
        end();
        reject(error);
      },
    );
  });
}
