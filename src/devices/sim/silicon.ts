/** Answer of a silicon sensor to light of a wavelength, in A/W. */
export function siliconResponsivity(nanometres: number): number {
  return 0.6 * Math.exp(-(((nanometres - 950) / 350) ** 2));
}
