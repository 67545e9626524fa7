import type { Value } from "../values/value.ts";

/** A name in a function, resolved to a numbered slot of its frame when the script is read. */
export type Variable = {
  readonly name: string;
  readonly slot: number;
  readonly constant: boolean;
  /** A closure holds it too, so its slot may hold a shared value. */
  captured: boolean;
};

type At = { readonly at: number };
export type BinaryOperator =
  | ("+" | "-" | "*" | "/" | "%" | "**" | "<<" | ">>" | "&" | "|" | "^")
  | ("==" | "!=" | "<" | "<=" | ">" | ">=" | ".." | "..=" | "in");

export type Literal = At & { readonly kind: "literal"; readonly value: Value };
export type Template = At & { readonly kind: "template"; readonly parts: readonly Node[] };
export type VariableRead = At & { readonly kind: "variable"; readonly variable: Variable };
/** A name that is no variable here: a constant of the host, or a function of the script. */
export type FreeName = At & { readonly kind: "free-name"; readonly name: string };
export type This = At & { readonly kind: "this" };
export type ArrayItems = At & { readonly kind: "array"; readonly items: readonly Node[] };
export type MapEntries = At & {
  readonly kind: "map";
  readonly names: readonly string[];
  readonly items: readonly Node[];
};
export type Unary = At & {
  readonly kind: "unary";
  readonly operator: "-" | "+" | "!";
  readonly operand: Node;
};
export type Binary = At & {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Node;
  readonly right: Node;
};
export type Logic = At & {
  readonly kind: "logic";
  readonly operator: "&&" | "||" | "??";
  readonly left: Node;
  readonly right: Node;
};
export type Index = At & { readonly kind: "index"; readonly object: Node; readonly index: Node };
export type Property = At & { readonly kind: "property"; readonly object: Node; readonly name: string };
export type MethodCall = At & {
  readonly kind: "method-call";
  readonly object: Node;
  readonly name: string;
  readonly parameters: readonly Node[];
};
export type Call = At & {
  readonly kind: "call";
  readonly name: string;
  readonly parameters: readonly Node[];
};
/** `module::name`, and with parameters a call. `alias` is the variable that holds the module, if it is one. */
export type Qualified = At & {
  readonly kind: "qualified";
  readonly alias: Variable | undefined;
  readonly path: readonly string[];
  readonly name: string;
  readonly parameters: readonly Node[] | undefined;
};
/** `subject?.rest`: `rest` reads the subject from `held`, and is left out when that is `()`. */
export type Optional = At & {
  readonly kind: "optional";
  readonly subject: Node;
  readonly held: Variable;
  readonly rest: Node;
};
export type Closure = At & {
  readonly kind: "closure";
  readonly definition: FunctionDefinition;
  readonly captures: readonly Variable[];
};
export type Block = At & { readonly kind: "block"; readonly statements: readonly Node[] };
export type If = At & {
  readonly kind: "if";
  readonly arms: readonly { readonly condition: Node; readonly body: Node }[];
  readonly otherwise: Node | undefined;
};
export type SwitchArm = {
  readonly values: readonly Value[];
  readonly condition: Node | undefined;
  readonly body: Node;
};
export type Switch = At & {
  readonly kind: "switch";
  readonly subject: Node;
  readonly arms: readonly SwitchArm[];
  readonly otherwise: Node | undefined;
};
/** `loop`, `while` and both forms of `do`. */
export type Loop = At & {
  readonly kind: "loop";
  readonly condition: Node | undefined;
  readonly conditionFirst: boolean;
  /** The value of the condition that ends it. */
  readonly endsOn: boolean;
  readonly body: Node;
};
export type For = At & {
  readonly kind: "for";
  readonly item: Variable;
  readonly counter: Variable | undefined;
  readonly iterable: Node;
  readonly body: Node;
};
export type Let = At & {
  readonly kind: "let";
  readonly variable: Variable;
  readonly value: Node | undefined;
  /** Functions see it as `global::name`. */
  readonly isGlobalConstant: boolean;
};
export type Assign = At & {
  readonly kind: "assign";
  readonly operator: BinaryOperator | undefined;
  readonly target: Node;
  readonly value: Node;
};
export type Jump = At & {
  readonly kind: "jump";
  readonly to: "break" | "continue" | "return";
  readonly value: Node | undefined;
};
export type Throw = At & {
  readonly kind: "throw";
  readonly value: Node | undefined;
  /** The failure that the `catch` around it caught. */
  readonly caught: Variable | undefined;
};
export type Try = At & {
  readonly kind: "try";
  readonly body: Node;
  readonly error: Variable | undefined;
  readonly caught: Variable;
  readonly handler: Node;
};
export type Import = At & {
  readonly kind: "import";
  readonly path: Node;
  readonly alias: Variable | undefined;
  readonly isGlobal: boolean;
};
export type Export = At & { readonly kind: "export"; readonly variable: Variable; readonly alias: string };

export type Node =
  | (Literal | Template | VariableRead | FreeName | This | ArrayItems | MapEntries | Unary | Binary | Logic)
  | (Index | Property | MethodCall | Call | Qualified | Optional | Closure | Block | If | Switch | Loop | For)
  | (Let | Assign | Jump | Throw | Try | Import | Export);

export type FunctionDefinition = {
  readonly name: string;
  readonly at: number;
  readonly isPrivate: boolean;
  /** Only a method of this type, if one is named: `fn int.double() { … }`. */
  readonly thisType: string | undefined;
  /** Where its parameters go, those of what a closure captured first. */
  readonly parameterSlots: readonly number[];
  /** How many of them are captured. */
  readonly captureCount: number;
  readonly slotCount: number;
  readonly body: Node;
};

export type Script = {
  readonly body: Block;
  readonly slotCount: number;
  readonly functions: readonly FunctionDefinition[];
  /** Names under which a map of this script might hold a function. */
  readonly propertyNames: ReadonlySet<string>;
};
