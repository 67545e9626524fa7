/** The kinds of failure, by the names that Rhai gives them (`EvalAltResult`); scripts read them from `e.error`. */
export type ErrorKind =
  | "ErrorParsing"
  | "ErrorVariableNotFound"
  | "ErrorPropertyNotFound"
  | "ErrorIndexNotFound"
  | "ErrorFunctionNotFound"
  | "ErrorModuleNotFound"
  | "ErrorUnboundThis"
  | "ErrorMismatchDataType"
  | "ErrorIndexingType"
  | "ErrorArrayBounds"
  | "ErrorStringBounds"
  | "ErrorBitFieldBounds"
  | "ErrorFor"
  | "ErrorDataRace"
  | "ErrorNonPureMethodCallOnConstant"
  | "ErrorAssignmentToConstant"
  | "ErrorDotExpr"
  | "ErrorArithmetic"
  | "ErrorTooManyOperations"
  | "ErrorTooManyModules"
  | "ErrorStackOverflow"
  | "ErrorDataTooLarge"
  | "ErrorTerminated"
  | "ErrorRuntime";

/** What a script must not be able to catch: otherwise it could catch its own limits. */
const beyondCatch: ReadonlySet<ErrorKind> = new Set([
  "ErrorParsing",
  "ErrorTooManyOperations",
  "ErrorTooManyModules",
  "ErrorStackOverflow",
  "ErrorDataTooLarge",
  "ErrorTerminated",
]);

export function isCatchable(kind: ErrorKind): boolean {
  return !beyondCatch.has(kind);
}
