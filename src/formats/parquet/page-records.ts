/** The records of one page of one column, as batches have them. */
export type PageRecords = {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly validity?: Uint8Array | undefined;
};
