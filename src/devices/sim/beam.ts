import { DaqError } from "../../model/errors.ts";
import type { SettingValues } from "../../model/setting.ts";
import type { Surroundings } from "../contract.ts";

/** What reaches a sensor. */
export type Light = { readonly powerMw: number; readonly wavelengthNm: number };

/** Simulated devices with the same `beam` stand in one beam: a laser shines, others take light away, the rest see what is left. */
export class Beam {
  #laser: { readonly id: string; readonly shines: () => Light } | undefined;
  readonly #transmissions: (() => number)[] = [];

  static of(settings: SettingValues, surroundings: Surroundings): Beam {
    return surroundings.shared(`sim.beam ${String(settings.beam)}`, () => new Beam());
  }

  /** Throws `DaqError("config")` for a second laser. */
  shine(id: string, shines: () => Light): void {
    if (this.#laser !== undefined)
      throw new DaqError("config", `Device "${id}": ${this.#laser.id} shines into this beam already.`, {
        hint: 'Give one of them another `beam`, such as beam = "second".',
      });
    this.#laser = { id, shines };
  }

  dim(transmission: () => number): void {
    this.#transmissions.push(transmission);
  }

  /** At this moment, behind all that stands in the beam. `withoutLaser`: what shines when there is none. */
  light(withoutLaser: Light): Light {
    const { powerMw, wavelengthNm } = this.#laser?.shines() ?? withoutLaser;
    const passed = this.#transmissions.reduce((product, transmission) => product * transmission(), 1);
    return { powerMw: powerMw * passed, wavelengthNm };
  }
}
