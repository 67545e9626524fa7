import type { RawAttribute } from "./attribute.ts";
import { ByteWriter } from "./byte-writer.ts";
import { compoundType, fixedStringType, integerType, objectReferenceType, vlenType } from "./datatype.ts";
import type { FileContext } from "./file-context.ts";
import type { ObjectHeader } from "./object-header.ts";

const objectListType = vlenType(objectReferenceType);

const referenceType = compoundType(
  [
    { name: "dataset", type: objectReferenceType },
    { name: "dimension", type: integerType(4, true) },
  ],
  16,
);

/** More would not fit an attribute. */
const maxReferences = 4000;

/** Declares a dataset to be the scale of a dimension with that name, as netCDF-4 and the dimension scales API do. */
export function declareScale(header: ObjectHeader, name: string): void {
  header.setAttribute("CLASS", asciiText("DIMENSION_SCALE"));
  header.setAttribute("NAME", asciiText(name));
}

function asciiText(text: string): RawAttribute {
  const data = Buffer.from(`${text}\0`, "utf8");
  const characterSet = data.every((byte) => byte < 0x80) ? "ascii" : "utf-8";
  return {
    datatype: fixedStringType(data.byteLength, { padding: "null-terminated", characterSet }),
    dims: [],
    data: new Uint8Array(data),
  };
}

/** Something that can be the scale of a dimension. */
export type Scale = { readonly header: ObjectHeader; addUse(use: ScaleUse): void };

/** Which dimension of which dataset a scale belongs to. */
export type ScaleUse = { readonly dataset: ObjectHeader; readonly dimension: number };

/** Lets a dataset's dimensions refer to their scales. */
export function attachScales(
  context: FileContext,
  header: ObjectHeader,
  scales: readonly (ObjectHeader | undefined)[],
): void {
  header.setAttributeLater("DIMENSION_LIST", () => {
    const writer = new ByteWriter();
    for (const scale of scales) {
      if (scale === undefined) {
        writer.zeros(objectListType.elementBytes);
        continue;
      }
      const { address, index } = context.heap.add(new ByteWriter().uint64(scale.address).finish());
      writer.uint32(1).uint64(address).uint32(index);
    }
    return { datatype: objectListType, dims: [scales.length], data: writer.finish() };
  });
}

/** Lets a scale refer back to the dimensions that it belongs to; programs that detach scales later look for it. */
export function listScaleUses(header: ObjectHeader, uses: readonly ScaleUse[]): void {
  if (uses.length > maxReferences) {
    header.deleteAttribute("REFERENCE_LIST");
    return;
  }
  header.setAttributeLater("REFERENCE_LIST", () => {
    const writer = new ByteWriter();
    for (const { dataset, dimension } of uses) writer.uint64(dataset.address).uint32(dimension).zeros(4);
    return { datatype: referenceType, dims: [uses.length], data: writer.finish() };
  });
}
