/** How much room the pool's `deltaBinaryPack` needs: formats do not reach into the kernels. */
export { deltaBinaryPackedBytes } from "../kernels/kernels.ts";
