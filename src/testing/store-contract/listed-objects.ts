import type { Store, StoredObject } from "../../stores/contract.ts";

/** All that a list gives, in its order. */
export async function listedObjects(store: Store, prefix = ""): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const object of store.list(prefix)) objects.push(object);
  return objects;
}
