import { fieldPath, isObject, type Kind, type Report, shown, type TypeOf } from "./kind.ts";

/** One field of a document. */
export type Field<Type = unknown, Required extends boolean = boolean> = {
  readonly kind: Kind<Type>;
  readonly required: Required;
  /** One sentence for the reference. */
  readonly doc: string;
};

export type Fields = { readonly [name: string]: Field };

export function required<Type>(kind: Kind<Type>, doc: string): Field<Type, true> {
  return { kind, required: true, doc };
}

export function optional<Type>(kind: Kind<Type>, doc: string): Field<Type, false> {
  return { kind, required: false, doc };
}

type FieldType<Of extends Field> = TypeOf<Of["kind"]>;

type RequiredNames<Of extends Fields> = {
  [Name in keyof Of]: Of[Name]["required"] extends true ? Name : never;
}[keyof Of];

/** The TypeScript type of an object with these fields. */
export type RecordOf<Of extends Fields> = {
  readonly [Name in RequiredNames<Of>]: FieldType<Of[Name]>;
} & {
  readonly [Name in Exclude<keyof Of, RequiredNames<Of>>]?: FieldType<Of[Name]>;
};

/** Further keys: none, any, or such as the event model lets a person add (no "." and no "/" in a key, at any depth). */
export type FurtherKeys = "none" | "any" | "metadata" | "top-level metadata";

/** An object with named fields. */
export type RecordKind<Of extends Fields> = Kind<RecordOf<Of>> & {
  readonly fields: Of;
  readonly furtherKeys: FurtherKeys;
};

const metadataKey = /^[^./]+$/;

function checkMetadata(key: string, value: unknown, path: string, deep: boolean, report: Report): void {
  const place = fieldPath(path, key);
  if (!metadataKey.test(key))
    report({
      path: place,
      expected: 'a key that is not empty and without "." and "/"',
      found: JSON.stringify(key),
    });
  if (deep && isObject(value))
    for (const inner of Object.keys(value)) checkMetadata(inner, value[inner], place, deep, report);
}

export function record<const Of extends Fields>(
  words: string,
  fields: Of,
  furtherKeys: FurtherKeys = "none",
): RecordKind<Of> {
  const names = Object.keys(fields);
  return {
    words,
    fields,
    furtherKeys,
    check(value, path, report) {
      if (!isObject(value)) {
        report({ path, expected: words, found: shown(value) });
        return;
      }
      for (const name of names) {
        const field = fields[name]!;
        const held = value[name];
        if (held !== undefined) field.kind.check(held, fieldPath(path, name), report);
        else if (field.required)
          report({ path: fieldPath(path, name), expected: field.kind.words, found: "nothing" });
      }
      if (furtherKeys === "any") return;
      for (const key of Object.keys(value)) {
        if (Object.hasOwn(fields, key)) continue;
        if (furtherKeys !== "none") checkMetadata(key, value[key], path, furtherKeys === "metadata", report);
        else
          report({
            path: fieldPath(path, key),
            expected: `one of ${names.join(", ")}`,
            found: "a key that the model does not have",
          });
      }
    },
  };
}
