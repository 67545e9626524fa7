import assert from "node:assert/strict";
import { test } from "node:test";
import type { ByteSink } from "../../../bytes/byte-sink.ts";
import { encodeAttribute } from "./attribute.ts";
import { chunkGrid } from "./chunk-grid.ts";
import { BTreeIndex } from "./chunk-index/btree.ts";
import type { ChunkIndex } from "./chunk-index/contract.ts";
import { ExtensibleArrayIndex } from "./chunk-index/extensible-array.ts";
import { encodeDataspace } from "./dataspace.ts";
import {
  arrayType,
  booleanType,
  compoundType,
  type Datatype,
  fixedStringType,
  floatType,
  integerType,
  objectReferenceType,
  vlenStringType,
  vlenType,
} from "./datatype.ts";
import type { FileContext } from "./file-context.ts";
import { FileSpace } from "./file-space.ts";
import { encodeFillValue } from "./fill-value.ts";
import { encodeFilterPipeline } from "./filter-pipeline.ts";
import { GlobalHeap } from "./global-heap.ts";
import { decodeHeaderChunk, encodeHeaderChunk, messageTypes } from "./header-chunk.ts";
import { encodeGroupInfo, encodeLink, encodeLinkInfo } from "./link.ts";
import { PayloadWrites } from "./payload-writes.ts";
import { decodeSuperblock, encodeSuperblock } from "./superblock.ts";

/**
 * Bytes of files that h5py with HDF5 1.10.8 and with 2.0.0 read right: dataset `x`, uint16, 2 × 4 in chunks of 1 × 4,
 * shuffle and deflate, attribute `u` = "V".
 */
const golden = {
  superblock3:
    "894844460d0a1a0a030808000000000000000000ffffffffffffffffe604000000000000000200000000000066cb5e2f",
  superblock2:
    "894844460d0a1a0a020808000000000000000000ffffffffffffffff1e0f0000000000000002000000000000a893e6cd",
  root: `4f484452020252000000021200000000ffffffffffffffffffffffffffffffff0a0200010000060d0000011001017860020000000000000021${"00".repeat(35)}f5f0b2ad`,
  arrayDataset: `4f4844520202d2000000012400000202010102000000000000000400000000000000ffffffffffffffff0400000000000000030c000110000000020000000000100005020001030b0b1600010202020001000100020000000100010001000400000008160000040200030101040204200404100a40030000000000000c1800000300020008000400017500131000000100000002000000560040${"00".repeat(66)}1cfa2147`,
  treeDataset: `4f4844520202d2000000012400000202010102000000000000000400000000000000ffffffffffffffff0400000000000000030c000110000000020000000000100005020001030b0b1600010202020001000100020000000100010001000400000008170000030203d8040000000000000100000004000000020000000c180000030002000800040001750013100000010000000200000056003f${"00".repeat(65)}d6bf9f83`,
  arrayHeader: `4541484400010e200410040a${"00".repeat(32)}020000000000000004000000000000008803000000000000c27beeab`,
  indexBlock: `4541494200014003000000000000ca040000000000000e0000000000d8040000000000000e0000000000${"ffffffffffffffff000000000000".repeat(2)}${"ff".repeat(31 * 8)}15803cec`,
  nodeStart: `5452454501000200${"ff".repeat(16)}0e00000000000000${"00".repeat(24)}ca040000000000000e0000000000000001${"00".repeat(23)}100f000000000000${"00".repeat(8)}0000000000010000`,
};

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

test("superblocks of both versions are the golden ones, and are read back", () => {
  const version2 = { version: 2, endOfFileBytes: 0xf1e, rootAddress: 512 } as const;
  assert.equal(
    hex(encodeSuperblock({ version: 3, endOfFileBytes: 0x4e6, rootAddress: 512 })),
    golden.superblock3,
  );
  assert.equal(hex(encodeSuperblock(version2)), golden.superblock2);
  assert.deepEqual(decodeSuperblock("x.h5", encodeSuperblock(version2)), version2);
});

test("the header of a group is the golden one, and is read back", () => {
  const messages = [
    { type: messageTypes.linkInfo, flags: 0, body: encodeLinkInfo() },
    { type: messageTypes.groupInfo, flags: 1, body: encodeGroupInfo() },
    { type: messageTypes.link, flags: 0, body: encodeLink("x", 608) },
  ];
  const chunk = encodeHeaderChunk(messages, 96);
  assert.equal(hex(chunk), golden.root);
  const found = decodeHeaderChunk(chunk)!.filter(({ type }) => type !== messageTypes.nil);
  assert.deepEqual(
    found.map(({ body, ...rest }) => ({ ...rest, body: hex(body) })),
    messages.map(({ body, ...rest }) => ({ ...rest, body: hex(body) })),
  );
  chunk[20]! ^= 1;
  assert.equal(decodeHeaderChunk(chunk), undefined);
});

const grid = chunkGrid([1, 4], [4], 2);

/** A file of which only the index is written, at places that the golden file has. */
function indexedAt(places: number[]): { context: FileContext; written: Map<number, Uint8Array> } {
  const written = new Map<number, Uint8Array>();
  class GoldenSpace extends FileSpace {
    override allocate(): number {
      return places.shift()!;
    }
  }
  const space = new GoldenSpace();
  const writeAt = async (address: number, pieces: readonly Uint8Array[]): Promise<void> => {
    written.set(address, Buffer.concat(pieces));
  };
  const context: FileContext = {
    path: "x.h5",
    space,
    heap: new GlobalHeap(space),
    chunkIndex: "btree",
    placeRestMs: 0,
    now: () => 0,
    writeAt,
    payload: new PayloadWrites({ path: "x.h5", writeAt } as ByteSink),
    phase: "open",
    generation: 0,
  };
  return { context, written };
}

async function appendTwo(index: ChunkIndex, second: number): Promise<void> {
  index.layOut();
  index.append({ address: 0x4ca, bytes: 14, filterMask: 0 });
  index.append({ address: second, bytes: 14, filterMask: 0 });
  await index.write();
  await index.connect();
}

function datasetHeader(index: ChunkIndex): string {
  const text = {
    datatype: fixedStringType(1, { padding: "null-terminated" }),
    dims: [],
    data: new Uint8Array(Buffer.from("V")),
  };
  return hex(
    encodeHeaderChunk(
      [
        { type: messageTypes.dataspace, body: encodeDataspace([2, 4], true) },
        { type: messageTypes.datatype, flags: 1, body: integerType(2, false).message },
        { type: messageTypes.fillValue, flags: 1, body: encodeFillValue("chunked") },
        {
          type: messageTypes.filterPipeline,
          flags: 1,
          body: encodeFilterPipeline([
            { id: 2, flags: 1, values: [2] },
            { id: 1, flags: 1, values: [4] },
          ]),
        },
        { type: messageTypes.dataLayout, body: index.layoutMessage() },
        {
          type: messageTypes.attribute,
          body: encodeAttribute("/x", "u", text, new GlobalHeap(new FileSpace())),
        },
      ],
      224,
    ),
  );
}

test("a dataset with an extensible array, and the array, are the golden ones", async () => {
  const { context, written } = indexedAt([832]);
  const index = new ExtensibleArrayIndex(context, "/x", grid, true);
  await appendTwo(index, 0x4d8);
  assert.equal(datasetHeader(index), golden.arrayDataset);
  assert.equal(hex(written.get(832)!), golden.arrayHeader + golden.indexBlock);
});

test("a dataset with a B-tree, and the node, are the golden ones", async () => {
  const { context, written } = indexedAt([0x4d8]);
  const index = new BTreeIndex(context, "/x", grid);
  await appendTwo(index, 0xf10);
  assert.equal(datasetHeader(index), golden.treeDataset);
  const node = hex(written.get(0x4d8)!);
  assert.equal(node.length, 2616 * 2);
  assert.equal(node.slice(0, golden.nodeStart.length), golden.nodeStart);
  assert.match(node.slice(golden.nodeStart.length), /^0+$/);
});

test("datatypes are those that h5py writes", () => {
  const types: readonly (readonly [Datatype, string])[] = [
    [integerType(1, false), "10000000010000000000" + "0800"],
    [integerType(1, true), "10080000010000000000" + "0800"],
    [integerType(2, false), "100000000200000000001000"],
    [integerType(4, true), "100800000400000000002000"],
    [integerType(8, true), "100800000800000000004000"],
    [floatType(2), "11200f0002000000000010000a05000a0f000000"],
    [floatType(4), "11201f000400000000002000170800177f000000"],
    [floatType(8), "11203f000800000000004000340b0034ff030000"],
    [vlenStringType, "190101001000000010000000010000000000" + "0800"],
    [objectReferenceType, "1700000008000000"],
    [vlenType(objectReferenceType), "19000000100000001700000008000000"],
    [
      booleanType,
      `380200000100000010080000010000000000080046414c534500${Buffer.from("TRUE").toString("hex")}000001`,
    ],
    [
      compoundType(
        [
          { name: "dataset", type: objectReferenceType },
          { name: "dimension", type: integerType(4, true) },
        ],
        16,
      ),
      `3602000010000000${Buffer.from("dataset\0").toString("hex")}001700000008000000${Buffer.from("dimension\0").toString("hex")}08100800000400000000002000`,
    ],
    [
      arrayType(integerType(2, false), [2, 3]),
      "3a0000000c000000020200000003000000" + "100000000200000000001000",
    ],
  ];
  for (const [type, expected] of types) assert.equal(hex(type.message), expected);
});

test("a collection of the global heap holds its objects, and what is left of it is free", async () => {
  const heap = new GlobalHeap(new FileSpace(4096));
  assert.deepEqual(heap.add(Buffer.from("entry")), { address: 4096, index: 1 });
  assert.deepEqual(heap.add(new Uint8Array(0)), { address: 4096, index: 2 });
  assert.deepEqual(heap.add(new Uint8Array(5000)), { address: 8192, index: 1 });
  const written: { address: number; bytes: Buffer }[] = [];
  const keep = async (address: number, pieces: readonly Uint8Array[]): Promise<void> => {
    written.push({ address, bytes: Buffer.concat(pieces) });
  };
  await heap.write(keep);
  assert.deepEqual(
    written.map(({ address, bytes }) => [address, bytes.byteLength]),
    [
      [4096, 4096],
      [8192, 5032],
    ],
  );
  const { bytes } = written[0]!;
  assert.equal(
    bytes.subarray(0, 72).toString("hex"),
    "47434f4c010000000010000000000000" +
      "01000100000000000500000000000000" +
      "656e747279000000" +
      "02000100000000000000000000000000" +
      "0000000000000000c80f000000000000",
  );
  await heap.write(keep);
  assert.equal(written.length, 2);
});
