import { randomUUID } from "node:crypto";
import type { CloudStore } from "./cloud-store.ts";
import type { Store } from "./contract.ts";
import { checkKey, checkRange } from "./object-key.ts";
import { PartWriter } from "./part-writer.ts";

/** The store that everybody else sees: keys are checked, pages joined, large objects cut into parts. */
export function objectsOfCloud(cloud: CloudStore): Store {
  const checked = (key: string): string => {
    checkKey(cloud.url, key);
    return key;
  };
  return {
    url: cloud.url,
    put: async (key, pieces) => cloud.put(checked(key), pieces),
    putIfAbsent: async (key, pieces) => cloud.putIfAbsent(checked(key), pieces, randomUUID()),
    get: async (key) => cloud.get(checked(key)),
    getRange: async (key, offsetBytes, length) => {
      checkRange(cloud.url, checked(key), offsetBytes, length);
      return cloud.getRange(key, offsetBytes, length);
    },
    stat: async (key) => cloud.stat(checked(key)),
    async *list(prefix) {
      if (prefix !== "") checkKey(cloud.url, prefix.endsWith("/") ? prefix.slice(0, -1) : prefix);
      let from: string | undefined;
      do {
        const page = await cloud.listPage(prefix, from);
        yield* page.objects;
        from = page.next;
      } while (from !== undefined);
    },
    delete: async (key) => cloud.delete(checked(key)),
    beginMultipart: async (key) => new PartWriter(cloud, checked(key), randomUUID()),
    checksum: async (key) => cloud.checksum(checked(key)),
    close: () => cloud.close(),
  };
}
