/** Where rings lie, which are memory. */
export const defaultRingFolder = "/dev/shm";

/** Where the ring of a run lies when the configuration does not say. */
export function defaultRingPath(runUid: string): string {
  return `${defaultRingFolder}/daq-${runUid.slice(0, 16)}`;
}
