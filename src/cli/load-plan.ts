import { existsSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { DeviceSet } from "../devices/device-set.ts";
import type { Plan } from "../engine/plan.ts";
import type { PlanModule } from "../engine/plan-module.ts";
import { DaqError } from "../model/errors.ts";
import { planError } from "./plan-error.ts";

const root = new URL("../../", import.meta.url);
const isSource = import.meta.url.endsWith(".ts");

type Exported = { readonly [condition: string]: string };

/** This very package for what a plan imports by name, wherever the plan lies and whatever lies beside it. */
function ownModule(
  specifier: string,
  doors: { readonly [door: string]: Exported | string },
): string | undefined {
  const [name, ...rest] = specifier.split("/");
  if (name !== "daq-storage") return undefined;
  const door = doors[rest.length === 0 ? "." : `./${rest.join("/")}`];
  if (door === undefined) return undefined;
  const path = typeof door === "string" ? door : door[isSource ? "daq-source" : "default"];
  return path === undefined ? undefined : new URL(path, root).href;
}

/** The steps of a plan; what it throws by itself says where. */
function* stepsOf(plan: PlanModule["default"], devices: DeviceSet, path: string): Plan<unknown> {
  try {
    const steps: Partial<Plan<unknown>> | undefined = plan(devices);
    if (typeof steps?.next === "function") return yield* steps as Plan<unknown>;
  } catch (error) {
    throw planError(error, path);
  }
  throw new DaqError("script", `${path} gives no plan: its function returns something else.`, {
    hint: "Return the plan, as in (devices) => count([…]), or make it a function* without async.",
  });
}

/**
 * Loads a file with a plan, TypeScript or JavaScript. What it imports as `daq-storage` is the package that runs it. Throws
 * `DaqError` for a file that is not there, that cannot be loaded, or that exports no plan.
 */
export async function loadPlan(path: string): Promise<PlanModule["default"]> {
  if (!existsSync(path))
    throw new DaqError("path", `${path}: no such file.`, { hint: "Give the file of a plan, plan.ts." });
  const { exports: doors } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const url = ownModule(specifier, doors);
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
    },
  });
  try {
    const loaded = (await import(pathToFileURL(resolve(path)).href)) as Partial<PlanModule>;
    const { default: plan } = loaded;
    if (typeof plan === "function") return (devices) => stepsOf(plan, devices, path);
  } catch (cause) {
    if (cause instanceof DaqError) throw cause;
    throw new DaqError(
      "script",
      `${path} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        hint: "Node runs TypeScript without checking its types: `import type` what is only a type, and use no enums.",
        cause,
      },
    );
  } finally {
    hooks.deregister();
  }
  throw new DaqError("script", `${path} exports no plan.`, {
    hint: 'Export a function of the devices as its default: export default (devices) => count([devices.need("power0", "readable")]).',
  });
}
