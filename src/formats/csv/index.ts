/** Reading CSV files. They are written by `loadFormat("csv")`, or by a recorder. */
export { type ReadRowsOptions, readRows } from "./read.ts";
