import { ByteWriter } from "./byte-writer.ts";
import { hasValidChecksum, withChecksum } from "./lookup3.ts";

/** The messages of an object header that this writer makes, by their numbers in the specification. */
export const messageTypes = {
  nil: 0x00,
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  fillValue: 0x05,
  link: 0x06,
  dataLayout: 0x08,
  groupInfo: 0x0a,
  filterPipeline: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  attributeInfo: 0x15,
  referenceCount: 0x16,
} as const;

export type HeaderMessage = {
  readonly type: (typeof messageTypes)[keyof typeof messageTypes];
  /** Bit 0: the message never changes. */
  readonly flags?: number;
  readonly body: Uint8Array;
};

const prefixBytes = 10;
const checksumBytes = 4;
/** Type, size and flags before each body. */
const messagePrefixBytes = 4;

/** Room for messages in a slot of that size. */
export function messageRoom(slotBytes: number): number {
  return slotBytes - prefixBytes - checksumBytes;
}

export function messageBytes(messages: readonly HeaderMessage[]): number {
  return messages.reduce((sum, { body }) => sum + messagePrefixBytes + body.byteLength, 0);
}

/** A continuation message: two 64-bit numbers. */
export const continuationMessageBytes = messagePrefixBytes + 16;

export function encodeContinuation(address: number, bytes: number): Uint8Array {
  return new ByteWriter().uint64(address).uint64(bytes).finish();
}

function putMessages(writer: ByteWriter, messages: readonly HeaderMessage[]): void {
  for (const { type, flags = 0, body } of messages)
    writer.uint8(type).uint16(body.byteLength).uint8(flags).bytes(body);
}

/**
 * The first chunk of an object header of version 2, as long as its slot:
 * ```
 * "OHDR"  version 2  flags 2 (32-bit size)  size of the messages  messages …  checksum
 * ```
 * What the messages leave free is a message without meaning, or, below its least size, a gap of zeros.
 */
export function encodeHeaderChunk(messages: readonly HeaderMessage[], slotBytes: number): Uint8Array {
  const room = messageRoom(slotBytes);
  const writer = new ByteWriter().text("OHDR").uint8(2).uint8(2).uint32(room);
  putMessages(writer, messages);
  const free = room - messageBytes(messages);
  if (free < 0) throw new RangeError(`messages exceed the header's slot by ${-free} bytes`);
  if (free < messagePrefixBytes) writer.zeros(free);
  else putMessages(writer, [{ type: messageTypes.nil, body: new Uint8Array(free - messagePrefixBytes) }]);
  return withChecksum(writer.finish());
}

/** Further messages of a header, for which its slot has no room: "OCHK", messages, checksum. */
export function encodeContinuationChunk(messages: readonly HeaderMessage[]): Uint8Array {
  const writer = new ByteWriter().text("OCHK");
  putMessages(writer, messages);
  return withChecksum(writer.finish());
}

/** The messages of a first chunk; undefined when the bytes are not one, or are damaged. */
export function decodeHeaderChunk(bytes: Uint8Array): HeaderMessage[] | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.toString("latin1", 0, 4) !== "OHDR" || buffer[4] !== 2 || buffer[5] !== 2) return undefined;
  if (!hasValidChecksum(bytes)) return undefined;
  const messages: HeaderMessage[] = [];
  const end = bytes.byteLength - checksumBytes;
  for (let at = prefixBytes; at + messagePrefixBytes <= end; ) {
    const size = buffer.readUInt16LE(at + 1);
    const start = at + messagePrefixBytes;
    if (start + size > end) return undefined;
    messages.push({
      type: buffer[at]! as HeaderMessage["type"],
      flags: buffer[at + 3]!,
      body: bytes.subarray(start, start + size),
    });
    at = start + size;
  }
  return messages;
}
