/** One Unicode character (scalar value), a type of its own beside strings. */
export class Character {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  static readonly #known = new Map<string, Character>();

  /** The same object for the same ASCII character: loops over text make few of them. */
  static of(text: string): Character {
    const known = Character.#known.get(text);
    if (known !== undefined) return known;
    const made = new Character(text);
    if (text.length === 1 && text.charCodeAt(0) < 128) Character.#known.set(text, made);
    return made;
  }

  get codePoint(): number {
    return this.text.codePointAt(0)!;
  }
}

/** The characters of a string, which are not its UTF-16 units. */
export function charactersOf(text: string): readonly string[] {
  return Array.from(text);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant.
const onlyAscii = /^[\u0000-\u007f]*$/;

/** One unit is one character there, which makes indices cheap. */
export function isAscii(text: string): boolean {
  return onlyAscii.test(text);
}
