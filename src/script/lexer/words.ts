/** Words with a meaning in the grammar. */
export const keywords: ReadonlySet<string> = new Set([
  ...["true", "false", "let", "const", "if", "else", "switch", "do", "while", "until", "loop", "for", "in"],
  ...[
    "continue",
    "break",
    "return",
    "throw",
    "try",
    "catch",
    "fn",
    "private",
    "import",
    "export",
    "as",
    "this",
  ],
  "global",
]);

/** Words that Rhai keeps for itself; a script that uses one as a name is refused. */
export const reservedWords: ReadonlySet<string> = new Set([
  ...[
    "var",
    "static",
    "shared",
    "goto",
    "exit_loop",
    "match",
    "case",
    "public",
    "protected",
    "new",
    "use",
    "with",
  ],
  ...[
    "is",
    "module",
    "package",
    "super",
    "thread",
    "spawn",
    "go",
    "await",
    "async",
    "sync",
    "yield",
    "default",
  ],
  ...["void", "null", "nil", "eval"],
]);

/** Longest first among those that begin alike. */
export const symbols: readonly string[] = [
  ...[
    "!==",
    "===",
    "**=",
    "<<=",
    ">>=",
    "..=",
    "...",
    "::<",
    "&&",
    "||",
    "==",
    "!=",
    "<=",
    ">=",
    "<<",
    ">>",
    "**",
  ],
  ...[
    "+=",
    "-=",
    "*=",
    "/=",
    "%=",
    "&=",
    "|=",
    "^=",
    "..",
    "??",
    "?.",
    "?[",
    "=>",
    "::",
    "#{",
    "->",
    "<-",
    ":=",
  ],
  ...["++", "--", "+", "-", "*", "/", "%", "&", "|", "^", "!", "<", ">", "=", "(", ")", "[", "]", "{", "}"],
  ...[",", ";", ":", ".", "#", "@", "$", "~", "?", "\\"],
];

/** Symbols of other languages, which would be misread as two of ours. */
export const reservedSymbols: ReadonlySet<string> = new Set([
  ...["===", "!==", "->", "<-", ":=", "::<", "++", "--", "...", "#", "@", "$", "~", "?", "\\"],
]);
