import { sharedPool } from "../../bytes/pool/worker-pool.ts";
import type { ColumnLayout } from "./column-layout.ts";
import { ColumnDictionary } from "./dictionary.ts";
import type { Page, PageEncoding } from "./page.ts";
import type { PageCodec } from "./page-codec.ts";
import type { PageEncoder } from "./page-encoder.ts";
import type { PageRecords } from "./page-records.ts";
import { presentRecords } from "./plain-values.ts";
import type { Slabs } from "./slabs.ts";
import { TextDictionary } from "./text-dictionary.ts";
import type { SimpleEncoding, ValueEncoder } from "./value-encoding.ts";

/** After so many row groups the encodings are tried again: signals change. */
const groupsPerChoice = 16;

/** Encodings that are worth a try for a column: which is the smallest depends on its values. */
export function candidateEncodings(
  { physical }: ColumnLayout,
  { step }: PageCodec,
  isPlain: boolean,
): readonly PageEncoding[] {
  if (isPlain || physical === "boolean") return ["plain"];
  if (physical === "byteArray") return ["plain", "rleDictionary"];
  if (physical === "int32" || physical === "int64") return ["plain", "deltaBinaryPacked", "rleDictionary"];
  // Split bytes take as much room as plain ones until they are compressed.
  return step === undefined ? ["plain", "rleDictionary"] : ["plain", "byteStreamSplit", "rleDictionary"];
}

type Choice = {
  readonly encoding: PageEncoding;
  /** The smallest of those that need no dictionary. */
  readonly simple: SimpleEncoding;
  readonly group: number;
};

/** What a page adds to the file. */
function costBytes({ bodyBytes, entries }: Page): number {
  return bodyBytes + (entries?.byteLength ?? 0);
}

/** Makes the pages of one column of a file, each in the encoding that made the first page of some row groups smallest. */
export class ColumnEncoder {
  readonly #layout: ColumnLayout;
  readonly #pages: PageEncoder;
  readonly #candidates: readonly PageEncoding[];
  /** Its first pages were made by another process, and their dictionary is not at hand. */
  readonly #resumedGroup: number | undefined;
  #choice: Choice | undefined;
  #choosing: Promise<void> | undefined;
  #dictionary: ColumnDictionary | TextDictionary | undefined;

  constructor(
    layout: ColumnLayout,
    pages: PageEncoder,
    candidates: readonly PageEncoding[],
    resumedGroup: number | undefined,
  ) {
    this.#layout = layout;
    this.#pages = pages;
    this.#candidates = candidates;
    this.#resumedGroup = resumedGroup;
  }

  /** Resolves when the records are copied, and are the caller's again; `page` resolves when it is encoded. */
  async start(group: number, records: PageRecords, slabs: Slabs): Promise<{ readonly page: Promise<Page> }> {
    await this.#choosing;
    const hasValues = presentRecords(records.rows, records.validity) > 0;
    const isDue = this.#choice === undefined || group - this.#choice.group >= groupsPerChoice;
    if (hasValues && isDue) return this.#startChoice(group, records, slabs);
    const encoder = hasValues ? await this.#chosenEncoder(group) : ({ encoding: "plain" } as const);
    const { page } = await this.#pages.start(this.#layout, records, encoder, slabs);
    return { page: page.then((made) => made!) };
  }

  async #chosenEncoder(group: number): Promise<ValueEncoder> {
    const { encoding, simple } = this.#choice!;
    if (encoding !== "rleDictionary") return { encoding };
    if (this.#dictionary === undefined || this.#dictionary.isFull) {
      this.#choice = { ...this.#choice!, encoding: simple };
      await this.release();
      return { encoding: simple };
    }
    return { encoding, dictionary: this.#dictionary, group, fallback: simple };
  }

  /** Makes the page in all encodings. */
  async #startChoice(
    group: number,
    records: PageRecords,
    slabs: Slabs,
  ): Promise<{ readonly page: Promise<Page> }> {
    const started: Promise<Page | undefined>[] = [];
    for (const encoding of this.#candidates) {
      const encoder = encoding === "rleDictionary" ? await this.#dictionaryFor(group) : { encoding };
      if (encoder !== undefined)
        started.push((await this.#pages.start(this.#layout, records, encoder, slabs)).page);
    }
    const made = Promise.all(started).then((pages) =>
      pages.filter((page) => page !== undefined).toSorted((a, b) => costBytes(a) - costBytes(b)),
    );
    this.#choosing = made.then(
      async ([best, ...others]) => {
        const simple = [best!, ...others].map(({ encoding }) => encoding).find(isSimple)!;
        this.#choice = { encoding: best!.encoding, simple, group };
        if (best!.encoding !== "rleDictionary") await this.release();
      },
      () => undefined, // Whoever waits for the page hears of it.
    );
    const page = made.then(([best]) => best!);
    page.catch(() => undefined);
    return { page };
  }

  async #dictionaryFor(group: number): Promise<ValueEncoder | undefined> {
    if (group === this.#resumedGroup) return undefined;
    const { physical, valueBytes } = this.#layout;
    this.#dictionary ??=
      physical === "byteArray"
        ? new TextDictionary()
        : ColumnDictionary.tryTake(await sharedPool(), valueBytes);
    return this.#dictionary && { encoding: "rleDictionary", dictionary: this.#dictionary, group };
  }

  /** Gives the memory of the dictionary back, when the pages that were started are made. */
  async release(): Promise<void> {
    const dictionary = this.#dictionary;
    this.#dictionary = undefined;
    await dictionary?.release();
  }
}

function isSimple(encoding: PageEncoding): encoding is SimpleEncoding {
  return encoding !== "rleDictionary";
}
