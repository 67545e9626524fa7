import type { StreamSink } from "../model/frame-sink.ts";

/** Hands records over; when they are refused (a ring that stayed full), they are accounted for as lost before that is thrown. */
export async function takenOrLost(
  stream: StreamSink,
  count: number,
  write: () => void | Promise<void>,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    await stream.lose(count, "aborted", error instanceof Error ? error.message : String(error));
    throw error;
  }
}
