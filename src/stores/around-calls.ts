import type { CloudStore, PartUpload } from "./cloud-store.ts";

/** Makes one call; what is added around it decides when, and whether again. */
export type Around = <Result>(call: () => Promise<Result>) => Promise<Result>;

/** The same store with something around each of its calls. */
export function aroundCalls(store: CloudStore, around: Around): CloudStore {
  return {
    url: store.url,
    partsAtOnce: store.partsAtOnce,
    put: (key, pieces) => around(() => store.put(key, pieces)),
    putIfAbsent: (key, pieces, token) => around(() => store.putIfAbsent(key, pieces, token)),
    tokenOf: (key) => around(() => store.tokenOf(key)),
    get: (key) => around(() => store.get(key)),
    getRange: (key, offsetBytes, length) => around(() => store.getRange(key, offsetBytes, length)),
    stat: (key) => around(() => store.stat(key)),
    listPage: (prefix, from) => around(() => store.listPage(prefix, from)),
    delete: (key) => around(() => store.delete(key)),
    checksum: (key) => around(() => store.checksum(key)),
    beginParts: async (key, token) => aroundParts(await around(() => store.beginParts(key, token)), around),
    close: () => store.close(),
  };
}

export function aroundParts(upload: PartUpload, around: Around): PartUpload {
  return {
    putPart: (number, bytes) => around(() => upload.putPart(number, bytes)),
    complete: () => around(() => upload.complete()),
    abort: () => around(() => upload.abort()),
  };
}
