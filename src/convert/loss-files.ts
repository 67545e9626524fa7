import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { StreamAccount } from "../model/ledger.ts";
import type { SourceStream } from "../recorder/finished-run.ts";
import { lossPath } from "../recorder/loss-file.ts";
import { copyFlushed } from "./copy-flushed.ts";

/** A file with the lost ranges that are too many for a ledger. */
export type LossCopy = { readonly from: string; readonly name: string };

/** What to copy beside OUT for this stream, with the name that the ledger will give; undefined where there is nothing. */
export function lossCopyOf(
  { files, account }: SourceStream,
  indexPath: string,
  format: string,
): LossCopy | undefined {
  if (account?.more === undefined) return undefined;
  return {
    from: join(dirname(files[0]!.path), account.more.file),
    name: basename(lossPath(indexPath, account.stream, format)),
  };
}

export async function isThere({ from }: LossCopy): Promise<boolean> {
  return (await stat(from).catch(() => undefined)) !== undefined;
}

/** Copies the rows, and gives the account that names the copy. */
export async function copyLosses(
  account: StreamAccount,
  copy: LossCopy,
  folder: string,
): Promise<StreamAccount> {
  await copyFlushed(copy.from, join(folder, copy.name));
  return { ...account, more: { ...account.more!, file: copy.name } };
}
