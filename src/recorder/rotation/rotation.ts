/** When a part of a run's files is finished and the next one begun; whichever comes first. */
export type Rotation = {
  /** All files of the part together, as they lie on the disk; looked at with each checkpoint. */
  readonly bytes?: number;
  readonly seconds?: number;
};
