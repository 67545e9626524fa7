import { dataKey } from "./data-key.ts";
import { documentKinds } from "./document.ts";
import type { Fields, FurtherKeys, RecordKind } from "./record-kind.ts";

const furtherKeys: Record<FurtherKeys, string> = {
  none: "No further keys.",
  any: "Further keys are allowed.",
  metadata: 'Further keys are allowed; no key, at any depth, has "." or "/" in it.',
  "top-level metadata": 'Further keys are allowed; none has "." or "/" in it.',
};

function table(name: string, kind: RecordKind<Fields>): string {
  const rows = Object.entries(kind.fields).map(
    ([field, { kind: of, required, doc }]) =>
      `| \`${field}\` | ${required ? "yes" : ""} | ${of.words.replaceAll("|", "\\|")} | ${doc} |`,
  );
  return [
    `### ${name}`,
    "",
    "| field | required | holds | meaning |",
    "|---|---|---|---|",
    ...rows,
    "",
    furtherKeys[kind.furtherKeys],
  ].join("\n");
}

/** The reference of all documents in Markdown, from the definitions that check them. */
export function describeDocuments(): string {
  return [...Object.entries(documentKinds), ["data key", dataKey as RecordKind<Fields>] as const]
    .map(([name, kind]) => table(name, kind))
    .join("\n\n");
}
