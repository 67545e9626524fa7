import { type Kernels, reservedBytes } from "../kernels/kernels.ts";
import { compileKernels, createKernelMemory, instantiateKernels } from "../kernels/load-kernels.ts";

/** Bytes that go into the kernel's memory at once. */
const pieceBytes = 256 << 10;

let here: { readonly kernels: Kernels; readonly area: Uint8Array } | undefined;

function kernelsHere(): { readonly kernels: Kernels; readonly area: Uint8Array } {
  if (here === undefined) {
    const memory = createKernelMemory(reservedBytes + pieceBytes);
    const kernels = instantiateKernels(compileKernels(), memory);
    here = { kernels, area: new Uint8Array(memory.buffer, reservedBytes, pieceBytes) };
  }
  return here;
}

/** CRC-32C (RFC 3720, as S3 and Google Cloud Storage keep it) over bytes that come piece by piece. */
export class RunningCrc32c {
  #sum = 0;

  /** The bytes are *borrowed* for the call. */
  update(bytes: Uint8Array): void {
    const { kernels, area } = kernelsHere();
    for (let done = 0; done < bytes.byteLength; done += pieceBytes) {
      const piece = bytes.subarray(done, done + pieceBytes);
      area.set(piece);
      this.#sum = kernels.crc32c(this.#sum, area.byteOffset, piece.byteLength);
    }
  }

  /** Of all bytes so far: eight hexadecimal digits, the most significant first. */
  get hex(): string {
    return (this.#sum >>> 0).toString(16).padStart(8, "0");
  }
}
