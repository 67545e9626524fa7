import { hostname } from "node:os";
import { DaqError } from "../model/errors.ts";
import type { Store, StoredObject } from "../stores/contract.ts";
import type { UploadHead } from "./upload-journal-lines.ts";
import { markerKey, type UploadSource } from "./upload-source.ts";

/** The marker at the target: whose the names of a run are. It stays, and says in the end that all is there. */
type Marker = {
  readonly daqUpload: 1;
  readonly upload: string;
  readonly run?: string;
  readonly host: string;
  readonly claimedAt: string;
  readonly complete?: true;
  readonly objects?: number;
  readonly bytes?: number;
};

function markerBytes({ uid, runUid }: UploadHead, end?: { objects: number; bytes: number }): Uint8Array {
  const marker: Marker = {
    daqUpload: 1,
    upload: uid,
    ...(runUid === undefined ? {} : { run: runUid }),
    host: hostname(),
    claimedAt: new Date().toISOString(),
    ...(end === undefined ? {} : { complete: true, ...end }),
  };
  return Buffer.from(`${JSON.stringify(marker, undefined, 2)}\n`);
}

/**
 * Makes the names of a run ours at the target. `new`: nothing was there. `same-run`: this run was uploaded there before
 * without this journal. Throws `DaqError("path")` when something else is there; nothing is changed then.
 */
export async function claimTarget(
  store: Store,
  source: UploadSource,
  head: UploadHead,
): Promise<"new" | "same-run"> {
  const key = markerKey(head.stem);
  for (let tries = 1; ; tries++) {
    const isMade = await store.putIfAbsent(key, [markerBytes(head)]);
    const found = isMade ? undefined : await store.get(key);
    if (!isMade && found === undefined && tries < 10) continue; // Removed between the two.
    const marker = found === undefined ? undefined : parseMarker(found);
    // Ours already: the answer of an earlier try was lost. Nothing of the run was sent before the claim was known.
    if (isMade || marker?.upload === head.uid) {
      const there = await firstObject(store, source);
      if (there === undefined) return "new";
      await store.delete(key);
      throw taken(store, there.key);
    }
    if (marker?.run !== undefined && marker.run === head.runUid) return "same-run";
    throw taken(store, key, marker);
  }
}

/** The target's marker says from now on that all is there. */
export async function completeMarker(
  store: Store,
  head: UploadHead,
  objects: number,
  bytes: number,
): Promise<void> {
  await store.put(markerKey(head.stem), [markerBytes(head, { objects, bytes })]);
}

function parseMarker(bytes: Uint8Array): Marker | undefined {
  try {
    const marker = JSON.parse(Buffer.from(bytes).toString("utf8")) as Marker | null;
    return marker?.daqUpload === 1 ? marker : undefined;
  } catch {
    return undefined; // Somebody else's object of that name.
  }
}

/** An object at the target that has one of the run's names, or lies in one of its folders. */
async function firstObject(store: Store, source: UploadSource): Promise<StoredObject | undefined> {
  for await (const object of objectsOf(store, source.roots)) return object;
  return undefined;
}

/** What the target has under the names of a run. */
export async function* objectsOf(
  store: Store,
  roots: UploadSource["roots"],
): AsyncGenerator<StoredObject, void, void> {
  const names = new Set(roots.map((root) => root.name));
  // All names of a run begin alike: one listing instead of one for each of them.
  for await (const object of store.list(commonStart([...names]))) {
    const first = object.key.split("/", 1)[0]!;
    if (names.has(object.key) || names.has(first)) yield object;
  }
}

function commonStart(names: readonly string[]): string {
  const [first = "", ...others] = names;
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length--;
  return first.slice(0, length);
}

function taken(store: Store, key: string, marker?: Marker): DaqError {
  const by =
    marker === undefined
      ? ""
      : `, from another upload (on ${marker.host}, ${marker.claimedAt}${marker.complete === true ? ", complete" : ""})`;
  return new DaqError("path", `${store.url}/${key} exists already${by}; objects are never overwritten.`, {
    hint: "Choose another target, or put {version} into output_path, which counts up.",
  });
}
