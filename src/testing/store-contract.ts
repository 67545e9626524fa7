import { describe } from "node:test";
import type { Store } from "../stores/contract.ts";
import { listsInOrder } from "./store-contract/lists-in-order.ts";
import { putsOnce } from "./store-contract/puts-once.ts";
import { storesLargeObjects } from "./store-contract/stores-large-objects.ts";
import { storesObjects } from "./store-contract/stores-objects.ts";

export type StoreContractOptions = {
  readonly name: string;
  /** An empty store each time, which nobody else uses. */
  readonly open: () => Promise<Store>;
  /** Objects for the test of long lists; more than the store gives at once. */
  readonly manyObjects?: number;
};

/** Registers the tests that every store has to pass, on a real store. */
export function storeContract({ name, open, manyObjects = 1100 }: StoreContractOptions): void {
  describe(`the store contract on ${name}`, () => {
    storesObjects(open);
    putsOnce(open);
    listsInOrder(open, manyObjects);
    storesLargeObjects(open);
  });
}
