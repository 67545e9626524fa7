/** What the pool's `dictionaryEncode` needs: formats do not reach into the kernels. */
export { dictionaryEncodedBytes, dictionaryEntries, dictionaryTableBytes } from "../kernels/kernels.ts";
