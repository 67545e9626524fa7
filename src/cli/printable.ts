/** Text from files and devices with control characters spelled out: they must not steer the terminal or break lines. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(2, "0");
    return character === "\n" ? "\\n" : character === "\t" ? "\\t" : `\\x${code}`;
  });
}
