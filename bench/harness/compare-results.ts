import { DaqError } from "../../src/model/errors.ts";

/** One line of either side's output. */
export type ResultLine = {
  readonly case: string;
  readonly peer: string;
  readonly mb_per_s: number;
  readonly mb_per_s_fsync?: number;
  readonly size_ratio?: number;
};

export type Comparison = {
  readonly case: string;
  readonly ours: ResultLine;
  readonly peer: ResultLine;
  /** Ours divided by the peer's: above 1, ours is faster. */
  readonly ratio: number;
  readonly ratioFsync: number | undefined;
};

/** Cases of ours that do more than the peers' case which they are held against. */
const heldAgainst: { readonly [ours: string]: string } = {
  "arrow/samples/path-65536": "arrow/samples/none-65536",
};

function isResultLine(value: unknown): value is ResultLine {
  const line = value as ResultLine | null;
  return (
    typeof line === "object" &&
    line !== null &&
    typeof line.case === "string" &&
    typeof line.peer === "string" &&
    typeof line.mb_per_s === "number"
  );
}

/** The throughput lines of an output; lines that measure something else are left out. Throws `DaqError("format")`. */
export function parseResults(text: string, path: string): ResultLine[] {
  const results: ResultLine[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw new DaqError("format", `${path}, line ${index + 1}: this is not JSON.`, {
        hint: "Both files hold one JSON object a line: `npm run --silent bench -- --json` prints nothing else.",
        cause,
      });
    }
    if (isResultLine(value)) results.push(value);
  }
  return results;
}

function quotient(ours: number | undefined, peers: number | undefined): number | undefined {
  return ours === undefined || peers === undefined ? undefined : ours / peers;
}

/**
 * Our cases beside the fastest peer of each, in our order; cases that no peer has are left out. `peers` restricts whom
 * to compare with; empty: everybody.
 */
export function compareResults(
  ours: readonly ResultLine[],
  theirs: readonly ResultLine[],
  peers: readonly string[],
): Comparison[] {
  const wanted = theirs.filter(({ peer }) => peers.length === 0 || peers.includes(peer));
  return ours.flatMap((own) => {
    const name = heldAgainst[own.case] ?? own.case;
    const candidates = wanted.filter((line) => line.case === name);
    if (candidates.length === 0) return [];
    const peer = candidates.reduce((best, line) => (line.mb_per_s > best.mb_per_s ? line : best));
    const ratioFsync = quotient(own.mb_per_s_fsync, peer.mb_per_s_fsync);
    return [{ case: own.case, ours: own, peer, ratio: own.mb_per_s / peer.mb_per_s, ratioFsync }];
  });
}
