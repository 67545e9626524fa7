import type { ShardState } from "./hierarchy/shard-writer.ts";

/** Where the encoded chunks of one growing array go. `block`: chunks of the same records; `tile`: which part of a record. */
export interface ArrayObjects {
  /** Calls may overlap, in any order. Bytes are borrowed until the promise settles. `aside`: the thread is left free. */
  put(block: number, tile: number, encoded: Uint8Array, aside?: boolean): Promise<void>;
  /** What was put survives what the run's durability says. */
  flush(): Promise<void>;
  /** The shard that is not whole, when everything was put; undefined where there is none. */
  state(): Promise<ShardState | undefined>;
  /** Goes back to a state of the same shard, which is not whole since. Absent: what was put is in place at once. */
  takeBack?(state: ShardState | undefined): Promise<void>;
  /** Removes what is behind the first `blocks` blocks, and goes on there. `hasOpen`: the next one has begun. */
  restore(blocks: number, hasOpen: boolean, state: ShardState | undefined): Promise<void>;
  /** As the last thing: an unfinished shard becomes whole as it is. */
  finish(): Promise<void>;
  /** Lets go of files as they are. */
  release(): Promise<void>;
}
