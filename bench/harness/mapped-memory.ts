import { closeSync, constants, openSync, unlinkSync } from "node:fs";
import { DaqError } from "../../src/model/errors.ts";
import { allocate, type Mapping, mapShared, prefault, unmapShared } from "../../src/ring/posix.ts";

/** Memory as the ring has it: a shared mapping of a file, every page present. The file has no name any more. */
export class MappedMemory {
  readonly bytes: Uint8Array;
  readonly #mapping: Mapping;

  constructor(path: string, length: number) {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      if (!allocate(fd, 0, length))
        throw new DaqError("ring", `There is no space for ${length} bytes at ${path}.`, {
          hint: "Free some space on the memory file system.",
        });
      this.#mapping = mapShared(fd, length, path);
      prefault(this.#mapping, 0, length);
      this.bytes = new Uint8Array(this.#mapping.buffer);
    } finally {
      closeSync(fd);
      unlinkSync(path);
    }
  }

  release(): void {
    unmapShared(this.#mapping);
  }
}
