import type { ColumnLayout } from "./column-layout.ts";
import { encodeThrift, type ThriftStruct, type ThriftValue } from "./thrift-writer.ts";
import { magic, physicalTypes, repetitions } from "./words.ts";

/** Version 2: the file uses encodings that came after the first one. */
const formatVersion = 2;

const intBits: { readonly [dtype: string]: readonly [bits: number, converted: number] } = {
  uint8: [8, 11],
  uint16: [16, 12],
  uint32: [32, 13],
  uint64: [64, 14],
  int8: [8, 15],
  int16: [16, 16],
  int32: [32, 17],
  int64: [64, 18],
};

const convertedText = 0;
const convertedList = 3;

/** What the footer says besides the row groups, which are encoded already. */
export type FooterContents = {
  readonly layouts: readonly ColumnLayout[];
  readonly rows: number;
  readonly rowGroups: readonly Uint8Array[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly createdBy: string;
};

/** The end of a file: metadata, its length, and the magic. */
export function encodeFooter({
  layouts,
  rows,
  rowGroups,
  metadata,
  createdBy,
}: FooterContents): Uint8Array[] {
  const typeOrder: ThriftValue = { struct: [[1, { struct: [] }]] };
  const body = encodeThrift([
    [1, { i32: formatVersion }],
    [2, { list: schemaElements(layouts) }],
    [3, { i64: rows }],
    [4, { list: rowGroups.length === 0 ? [] : rowGroups.map((raw) => ({ raw })) }],
    [
      5,
      {
        list: [...metadata].map(
          ([key, value]): ThriftValue => ({
            struct: [
              [1, { binary: key }],
              [2, { binary: value }],
            ],
          }),
        ),
      },
    ],
    [6, { binary: createdBy }],
    // Without these, readers may not believe the statistics.
    [7, { list: layouts.map(() => typeOrder) }],
  ]);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, body.byteLength, true);
  return [body, length, magic];
}

function schemaElements(layouts: readonly ColumnLayout[]): ThriftValue[] {
  const root: ThriftStruct = [
    [4, { binary: "schema" }],
    [5, { i32: layouts.length }],
  ];
  return [{ struct: root }, ...layouts.flatMap(elementsOf)];
}

function elementsOf(layout: ColumnLayout): ThriftValue[] {
  const { name, nullable, isList } = layout;
  const repetition = nullable ? repetitions.optional : repetitions.required;
  if (!isList) return [{ struct: leaf(layout, name, repetition) }];
  return [
    {
      struct: [
        [3, { i32: repetition }],
        [4, { binary: name }],
        [5, { i32: 1 }],
        [6, { i32: convertedList }],
        [10, { struct: [[3, { struct: [] }]] }],
      ],
    },
    {
      struct: [
        [3, { i32: repetitions.repeated }],
        [4, { binary: "list" }],
        [5, { i32: 1 }],
      ],
    },
    { struct: leaf(layout, "element", repetitions.required) },
  ];
}

function leaf(
  { physical, dtype, isTimestamp }: ColumnLayout,
  name: string,
  repetition: number,
): ThriftStruct {
  const [bits, converted] = intBits[dtype] ?? [undefined, undefined];
  const isInteger = bits !== undefined && !isTimestamp;
  const isText = dtype === "string";
  const nanoseconds: ThriftStruct = [
    [1, { bool: true }],
    [2, { struct: [[3, { struct: [] }]] }],
  ];
  const integer: ThriftStruct = [
    [1, { i8: bits ?? 0 }],
    [2, { bool: !dtype.startsWith("u") }],
  ];
  return [
    [1, { i32: physicalTypes[physical] }],
    [3, { i32: repetition }],
    [4, { binary: name }],
    [6, isInteger ? { i32: converted! } : isText ? { i32: convertedText } : undefined],
    [
      10,
      isTimestamp
        ? { struct: [[8, { struct: nanoseconds }]] }
        : isInteger
          ? { struct: [[10, { struct: integer }]] }
          : isText
            ? { struct: [[1, { struct: [] }]] }
            : undefined,
    ],
  ];
}
