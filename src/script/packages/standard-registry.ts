import { arrayCallbackPackage } from "./array-callbacks.ts";
import { arrayPackage } from "./arrays.ts";
import { bitFieldPackage } from "./bit-fields.ts";
import { blobPackage } from "./blobs.ts";
import { functionPackage, functionProperties } from "./functions.ts";
import { languagePackage } from "./language.ts";
import { mapPackage } from "./maps.ts";
import { mathPackage, mathProperties } from "./math.ts";
import { numberTextPackage } from "./number-text.ts";
import { rangePackage, rangeProperties } from "./ranges.ts";
import { Registry } from "./registry.ts";
import { stringPackage, stringProperties } from "./strings.ts";
import { timePackage, timeProperties } from "./time.ts";

/** What every script can call. Within a package the lines that are asked first come last. */
export function standardRegistry(): Registry {
  const registry = new Registry();
  registry.add(languagePackage);
  registry.add(mathPackage);
  registry.add(numberTextPackage);
  registry.add(bitFieldPackage);
  registry.add(stringPackage);
  registry.add(arrayPackage);
  registry.add(arrayCallbackPackage);
  registry.add(mapPackage);
  registry.add(blobPackage);
  registry.add(rangePackage);
  registry.add(timePackage);
  registry.add(functionPackage);
  registry.addProperties([
    ...mathProperties,
    ...stringProperties,
    ...rangeProperties,
    ...timeProperties,
    ...functionProperties,
    "bits",
  ]);
  return registry;
}
