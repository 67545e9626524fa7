import { type FileHandle, open } from "node:fs/promises";
import { DaqError, systemCode } from "../../model/errors.ts";
import { continuationMarker, fileEndMagic, fileStart, fileTailBytes, messagePrefixBytes } from "./framing.ts";
import { type ArrowFooter, decodeFooter, decodeMessage, type Message } from "./message.ts";

/** No schema or batch header is larger, whatever a damaged length says. */
const largestMetadataBytes = 64 * 2 ** 20;

/** A footer has 24 bytes for each batch: ten million batches. */
const largestFooterBytes = 256 * 2 ** 20;

/** The first read of a message takes this much: nearly all headers fit, so that each costs one system call. */
const headBytes = 4096;

/** One read takes no more: Node refuses 2 GiB. */
const largestReadBytes = 2 ** 30;

/** What stands at a place where a message may start. */
export type FoundMessage =
  | {
      readonly kind: "message";
      readonly message: Message;
      readonly metadataBytes: number;
      readonly endBytes: number;
    }
  /** The end-of-stream marker. */
  | { readonly kind: "end-of-stream" }
  /** The file ends here, or inside a message that began well. */
  | { readonly kind: "cut" }
  | { readonly kind: "damaged"; readonly problem: string };

/** A file that is read, with every length checked against its size before memory is asked for. */
export class ArrowInput {
  readonly path: string;
  readonly #handle: FileHandle;
  #sizeBytes: number;
  #startBytes = 0;

  private constructor(path: string, handle: FileHandle, sizeBytes: number) {
    this.path = path;
    this.#handle = handle;
    this.#sizeBytes = sizeBytes;
  }

  /** Opens a file or a bare stream. Throws `DaqError("path")`, or `DaqError("format")` when it is not Arrow IPC. */
  static async open(path: string): Promise<ArrowInput> {
    let handle: FileHandle;
    try {
      handle = await open(path, "r");
    } catch (cause) {
      const missing = systemCode(cause) === "ENOENT";
      throw new DaqError("path", missing ? `${path}: no such file.` : `${path} cannot be read: ${cause}`, {
        hint: "Check the path and its permissions.",
        cause,
      });
    }
    try {
      const input = new ArrowInput(path, handle, (await handle.stat()).size);
      await input.#findStart();
      return input;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Where the first message, the schema, starts. */
  get startBytes(): number {
    return this.#startBytes;
  }

  /** Looks at the size again: a file that is written grows. */
  async refresh(): Promise<void> {
    this.#sizeBytes = (await this.#handle.stat()).size;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Exactly these bytes, in memory that starts at a multiple of 8. */
  async read(offsetBytes: number, bytes: number): Promise<Uint8Array> {
    if (offsetBytes + bytes > this.#sizeBytes)
      throw new DaqError(
        "format",
        `${this.path} ends at byte ${this.#sizeBytes}, before ${offsetBytes + bytes}.`,
        {
          hint: "The file was cut while it was read, or is damaged.",
        },
      );
    let target: Uint8Array<ArrayBuffer>;
    try {
      target = new Uint8Array(bytes);
    } catch (cause) {
      throw new DaqError("format", `${this.path}: one batch of ${bytes} bytes does not fit into memory.`, {
        hint: "Write the file again with smaller batches.",
        cause,
      });
    }
    let filled = 0;
    while (filled < bytes) {
      const wanted = Math.min(bytes - filled, largestReadBytes);
      const { bytesRead } = await this.#handle
        .read(target, filled, wanted, offsetBytes + filled)
        .catch((cause) => {
          throw new DaqError("io", `Reading ${this.path} at byte ${offsetBytes + filled} failed: ${cause}`, {
            hint: "Check the disk and the connection to it.",
            cause,
          });
        });
      if (bytesRead === 0)
        throw new DaqError("format", `${this.path} became shorter while it was read.`, {
          hint: "Read it again.",
        });
      filled += bytesRead;
    }
    return target;
  }

  /** What stands at `offsetBytes`, in a file that is taken to end at `limitBytes`. Never throws for damage. */
  async messageAt(offsetBytes: number, limitBytes = this.#sizeBytes): Promise<FoundMessage> {
    const available = limitBytes - offsetBytes;
    if (available < messagePrefixBytes) return { kind: "cut" };
    const head = await this.read(offsetBytes, Math.min(headBytes, available));
    const view = new DataView(head.buffer, head.byteOffset);
    if (view.getUint32(0, true) !== continuationMarker)
      return { kind: "damaged", problem: "there is no message where one should begin" };
    const length = view.getInt32(4, true);
    if (length === 0) return { kind: "end-of-stream" };
    if (length < 0 || length > largestMetadataBytes)
      return { kind: "damaged", problem: `a message says that its header has ${length} bytes` };
    const metadataBytes = messagePrefixBytes + length;
    if (metadataBytes > available) return { kind: "cut" };
    const metadata =
      metadataBytes <= head.byteLength
        ? head.subarray(messagePrefixBytes, metadataBytes)
        : await this.read(offsetBytes + messagePrefixBytes, length);
    try {
      const message = decodeMessage(`The message at byte ${offsetBytes}`, metadata);
      const endBytes = offsetBytes + metadataBytes + message.bodyBytes;
      return { kind: "message", message, metadataBytes, endBytes };
    } catch (error) {
      return { kind: "damaged", problem: error instanceof Error ? error.message : String(error) };
    }
  }

  /** The footer; undefined when the file has none. Throws `DaqError("format")` when it is damaged. */
  async footer(): Promise<ArrowFooter | undefined> {
    if (this.#startBytes === 0 || this.#sizeBytes < fileStart.byteLength + fileTailBytes) return undefined;
    const tail = await this.read(this.#sizeBytes - fileTailBytes, fileTailBytes);
    if (!startsWith(tail.subarray(4), fileEndMagic)) return undefined;
    const length = new DataView(tail.buffer, tail.byteOffset).getInt32(0, true);
    const offsetBytes = this.#sizeBytes - fileTailBytes - length;
    if (length <= 0 || length > largestFooterBytes || offsetBytes < fileStart.byteLength)
      throw new DaqError(
        "format",
        `${this.path}: the footer is damaged: it says that it has ${length} bytes.`,
        {
          hint: "`daq recover` writes it again from the batches.",
        },
      );
    const footer = decodeFooter(`${this.path}: the footer`, await this.read(offsetBytes, length));
    for (const block of [...footer.batches, ...footer.dictionaries])
      if (
        block.offsetBytes < fileStart.byteLength ||
        block.metadataBytes <= messagePrefixBytes ||
        block.metadataBytes > largestMetadataBytes ||
        block.offsetBytes + block.metadataBytes + block.bodyBytes > offsetBytes
      )
        throw new DaqError(
          "format",
          `${this.path}: the footer is damaged: a batch lies outside of the file.`,
          {
            hint: "`daq recover` writes it again from the batches.",
          },
        );
    return footer;
  }

  async #findStart(): Promise<void> {
    const start = await this.read(0, Math.min(fileStart.byteLength, this.#sizeBytes));
    if (start.byteLength === fileStart.byteLength && startsWith(start, fileEndMagic)) {
      this.#startBytes = fileStart.byteLength;
      return;
    }
    if (
      start.byteLength >= 4 &&
      new DataView(start.buffer, start.byteOffset).getUint32(0, true) === continuationMarker
    )
      return;
    const feather = startsWith(start, Uint8Array.of(0x46, 0x45, 0x41, 0x31));
    throw new DaqError(
      "format",
      feather
        ? `${this.path} is a Feather file of version 1, which is not Arrow IPC.`
        : `${this.path} is not an Arrow IPC file: it does not begin with ARROW1.`,
      { hint: feather ? "Write it again with pyarrow.feather.write_feather, version 2." : "Check the path." },
    );
  }
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, at) => bytes[at] === byte);
}
