import { DaqError, systemCode } from "../model/errors.ts";

/** Imports a vendor's package, which is installed only where somebody wants it. */
export async function vendorSdk<Sdk>(
  scheme: string,
  packages: string,
  load: () => Promise<Sdk>,
): Promise<Sdk> {
  try {
    return await load();
  } catch (error) {
    if (systemCode(error) !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new DaqError("config", `Stores with ${scheme} need ${packages}, which is not installed.`, {
      hint: `Install it: npm install ${packages}`,
      cause: error,
    });
  }
}
