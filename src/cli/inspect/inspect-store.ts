import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DaqError } from "../../model/errors.ts";
import { type RunIndex, readRunIndex } from "../../recorder/run-index.ts";
import type { Store, StoredObject } from "../../stores/contract.ts";
import { checkKey } from "../../stores/object-key.ts";
import { openStore } from "../../stores/open-store.ts";
import { parseStoreUrl } from "../../stores/store-url.ts";
import { inspectDataFile } from "./inspect-data-file.ts";
import { endTexts } from "./inspect-run.ts";
import type { InspectedFile, Inspection } from "./inspection.ts";

/** What a look at a Zarr folder downloads at most: metadata and the ends of the times, never the data. */
const mostBytes = 256 << 20;
const metadataName = /(^|\/)(zarr\.json|\.zarray|\.zattrs|\.zgroup|\.zmetadata)$/;
const indexEnd = ".run.json";

/** A run's index or a Zarr folder at a store. Throws `DaqError` for what is not there, and for what has to be whole here. */
export async function inspectStore(url: string): Promise<Inspection> {
  const plain = url.replace(/(?<=[^/:])\/+$/, "");
  const place = parseStoreUrl(plain);
  if (place.kind === "folder" || place.prefix === "")
    throw new DaqError("usage", `${url} is a bucket.`, {
      hint: "Name a run's index (….run.json) or a Zarr folder in it.",
    });
  const name = plain.slice(plain.lastIndexOf("/") + 1);
  const store = await openStore(plain.slice(0, -name.length - 1));
  const copy = await mkdtemp(join(tmpdir(), "daq-inspect-"));
  try {
    if (name.endsWith(indexEnd)) return await inspectIndex(store, name, copy);
    const objects = await objectsIn(store, `${name}/`);
    if (objects.some(({ key }) => metadataName.test(key.slice(name.length + 1))))
      return await inspectZarrFolder(store, name, objects, copy);
    throw await notInspectable(store, name, objects.length > 0);
  } finally {
    await store.close();
    await rm(copy, { recursive: true, force: true });
  }
}

async function objectsIn(store: Store, prefix: string): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  for await (const object of store.list(prefix)) found.push(object);
  return found;
}

async function inspectIndex(store: Store, name: string, copy: string): Promise<Inspection> {
  await download(store, name, copy);
  const { run, end, outputs, notes }: RunIndex = await readRunIndex(join(copy, name));
  const files: InspectedFile[] = [];
  for (const { format, files: written } of outputs)
    for (const { path, streams } of written)
      if (streams.length > 0) files.push(await fileAt(store, path, format));
  const places = outputs.flatMap(({ files: written, ledger }) =>
    ledger.accounts.map(({ stream, stored }) => ({
      stream,
      part: {
        path: `${store.url}/${written.find((file) => file.streams.includes(stream))?.path ?? ""}`,
        records: stored,
      },
    })),
  );
  return {
    path: `${store.url}/${name}`,
    kind: "run",
    state: "complete",
    stateDetail: endTexts[end],
    run: run.info,
    files,
    streams: run.streams.map((schema) => ({
      schema,
      parts: places.filter(({ stream }) => stream === schema.name).map(({ part }) => part),
    })),
    ledgers: outputs.map(({ format, ledger }) => ({ output: format, ledger })),
    notes: [...notes, "What is in the files was not looked at: this is what the index says of them."],
    advice: [],
    python: [],
  };
}

async function fileAt(store: Store, path: string, format: string): Promise<InspectedFile> {
  const own = await store.stat(path);
  let bytes = own?.bytes;
  for await (const object of own === undefined ? store.list(`${path}/`) : [])
    bytes = (bytes ?? 0) + object.bytes;
  const shown = { path: `${store.url}/${path}`, format };
  return bytes === undefined ? { ...shown, state: "missing" } : { ...shown, bytes, state: "complete" };
}

/** Looks at a copy of the metadata and of the first and last chunk of the times, as at any Zarr folder. */
async function inspectZarrFolder(
  store: Store,
  name: string,
  objects: readonly StoredObject[],
  copy: string,
): Promise<Inspection> {
  const wanted = [...objects.filter(({ key }) => metadataName.test(key)), ...endsOfTimes(objects)];
  const size = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
  if (size > mostBytes)
    throw new DaqError("format", `${store.url}/${name}: its metadata and times alone are ${size} bytes.`, {
      hint: "Download the folder, and inspect that.",
    });
  for (const { key } of wanted) await download(store, key, copy);
  const path = join(copy, name);
  const found = await inspectDataFile(path, within(objects, name));
  const url = `${store.url}/${name}`;
  return {
    ...found,
    path: url,
    files: found.files.map((file) => ({
      ...file,
      path: url,
      bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    })),
    streams: found.streams.map((stream) => ({
      ...stream,
      parts: stream.parts.map((part) => ({ ...part, path: url })),
    })),
    notes: found.notes.map((note) => note.replaceAll(path, url)),
    advice: [],
    python: [],
  };
}

/** The first and the last chunk of each array of timestamps, by the numbers at the end of their keys. */
function endsOfTimes(objects: readonly StoredObject[]): StoredObject[] {
  const byArray = new Map<string, { readonly number: number; readonly object: StoredObject }[]>();
  for (const object of objects) {
    const [, array, number] = /^(.*\btimestamps)\/(?:c\/)?(\d+)$/.exec(object.key) ?? [];
    if (array !== undefined)
      byArray.set(array, [...(byArray.get(array) ?? []), { number: Number(number), object }]);
  }
  return [...byArray.values()].flatMap((chunks) => {
    const sorted = chunks.sort((left, right) => left.number - right.number);
    return [...new Set([sorted[0]!.object, sorted.at(-1)!.object])];
  });
}

/** Under the keys that they have in the folder. */
async function* within(objects: readonly StoredObject[], folder: string): AsyncGenerator<StoredObject> {
  for (const { key, bytes } of objects) yield { key: key.slice(folder.length + 1), bytes };
}

async function download(store: Store, key: string, folder: string): Promise<void> {
  checkKey(store.url, key); // Some stores have keys with ".." in them, which must not lead out of the copy.
  const bytes = await store.get(key);
  if (bytes === undefined)
    throw new DaqError("path", `${store.url}/${key}: there is no such object.`, {
      hint: "Check the name; stores tell large letters from small ones.",
    });
  const path = join(folder, key);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

async function notInspectable(store: Store, name: string, isFolder: boolean): Promise<DaqError> {
  const url = `${store.url}/${name}`;
  const runs = await objectsIn(store, isFolder ? `${name}/` : (name.split(".")[0] ?? ""));
  const index = runs.map(({ key }) => key).find((key) => key.endsWith(indexEnd));
  const hint =
    index === undefined
      ? "At a store, a run's index (….run.json) or a Zarr folder can be looked at."
      : `Look at the index of the run: daq inspect ${store.url}/${index}`;
  if (isFolder) return new DaqError("path", `${url} is a folder that is no Zarr store.`, { hint });
  const isThere = (await store.stat(name)) !== undefined;
  return isThere
    ? new DaqError("format", `${url}: a single file has to be here to be looked into; download it first.`, {
        hint,
      })
    : new DaqError("path", `${url}: there is no such object.`, { hint });
}
