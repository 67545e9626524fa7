import { debugValue, showValue } from "../values/show-value.ts";
import { typeName } from "../values/type-name.ts";
import type { Value } from "../values/value.ts";
import { plain } from "./define.ts";
import { parseJson, toJson } from "./json-text.ts";
import type { Native } from "./native.ts";
import { ScriptExit } from "./script-exit.ts";

export const languagePackage: readonly Native[] = [
  plain<[Value]>("type_of", ["any"], ([value]) => typeName(value)),
  plain<[Value]>("print", ["any"], ([value], context) => {
    context.print(showValue(value));
    return null;
  }),
  plain("print", [], (_none, context) => {
    context.print("");
    return null;
  }),
  plain<[Value]>("debug", ["any"], ([value], context) => {
    context.debug(debugValue(value));
    return null;
  }),
  plain<[Value]>("to_string", ["any"], ([value]) => showValue(value)),
  plain<[Value]>("to_debug", ["any"], ([value]) => debugValue(value)),
  plain<[string]>("parse_json", ["string"], ([text]) => parseJson(text)),
  plain<[Value]>("to_json", ["any"], ([value], { limits }) => toJson(value, limits)),
  plain<[Value]>("exit", ["any"], ([value]) => {
    throw new ScriptExit(value);
  }),
  plain("exit", [], () => {
    throw new ScriptExit(null);
  }),
];
