import { ScriptError } from "../errors/script-error.ts";
import type { Native } from "../packages/native.ts";
import { select } from "../packages/registry.ts";
import { typeName } from "../values/type-name.ts";
import { HostObject, type Value } from "../values/value.ts";
import type { Unit } from "./machine.ts";

function ownProperty(object: HostObject, name: string) {
  const { properties } = object.type;
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

function unknownProperty(object: Value, name: string, verb: "getter" | "setter"): ScriptError {
  const known = object instanceof HostObject ? Object.keys(object.type.properties ?? {}) : [];
  return new ScriptError(
    "ErrorDotExpr",
    `Unknown property '${name}' - a ${verb} is not registered for type '${typeName(object)}'`,
    known.length === 0 ? {} : { hint: `A ${typeName(object)} has ${known.join(", ")}.` },
  );
}

export function getProperty(object: Value, name: string, unit: Unit): Value {
  if (object instanceof Map) return object.get(name) ?? null;
  if (object instanceof HostObject) {
    const get = ownProperty(object, name)?.get;
    if (get !== undefined) return get(object.target as never);
  }
  const { registry } = unit.execution;
  if (registry.isProperty(name)) {
    const native: Native | undefined = select(registry.find(name, 1), [object]);
    if (native?.body.kind === "plain") return native.body.run([object], unit);
  }
  throw unknownProperty(object, name, "getter");
}

export function setProperty(object: Value, name: string, value: Value): void {
  if (object instanceof Map) {
    object.set(name, value);
    return;
  }
  const set = object instanceof HostObject ? ownProperty(object, name)?.set : undefined;
  if (set === undefined) throw unknownProperty(object, name, "setter");
  set((object as HostObject).target as never, value);
}
