import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockOutput } from "./block-output.ts";
import { LiveBlock } from "./live-block.ts";
import { copyRows } from "./record-rows.ts";
import { meter, meterRows, testRing } from "./ring-for-test.test.ts";
import { RingTap } from "./ring-tap.ts";

/** What a terminal shows after these bytes: only the codes that a block uses. */
class Screen {
  columns = 40;
  rows = 10;
  lines: string[] = [];
  #row = 0;

  write(text: string): boolean {
    const codes = text.replaceAll("\u001b", "^");
    for (const [part, up, clearLine, clearBelow] of codes.matchAll(
      /\^\[(\d+)A|(\^\[K)|(\^\[J)|\r|\n|[^^\r\n]+/g,
    )) {
      if (up !== undefined) this.#row -= Number(up);
      else if (clearBelow !== undefined) this.lines.length = this.#row;
      else if (part === "\n") this.#row++;
      else if (part !== "\r" && clearLine === undefined) this.lines[this.#row] = part;
    }
    return true;
  }
}

function blockOn(screen: Screen): LiveBlock {
  return new LiveBlock(screen as unknown as NodeJS.WriteStream);
}

test("replaces what it drew, also when it becomes shorter", () => {
  const screen = new Screen();
  const block = blockOn(screen);
  block.draw(["one", "two", "three"]);
  block.draw(["ONE", "TWO"]);
  assert.deepEqual(screen.lines, ["ONE", "TWO"]);
});

test("draws no line wider and no block taller than the screen", () => {
  const screen = new Screen();
  blockOn(screen).draw(Array.from({ length: 30 }, () => "▂".repeat(100)));
  assert.equal(screen.lines.length, 9);
  assert.ok(screen.lines.every((line) => line.length === 39));
});

test("shows a line for each stream, and each column's latest value with how it went", (t) => {
  const ring = testRing(t);
  const stream = ring.openStream(meter);
  const tap = RingTap.attach(ring.path, { fromStart: true, streams: [] });
  const screen = new Screen();
  const output = new BlockOutput(blockOn(screen), "scan");
  for (let row = 0; row < 8; row++) {
    stream.write(meterRows(row, 1));
    tap.read(1000);
    tap.visitNewest((record, tapped) => output.rows(copyRows(tap.reader, record, 0, 1)!, tapped));
  }
  stream.lose(2, "device", "cable");
  tap.read(1000);
  output.roundDone(tap.wantedStreams, () => 12.5);
  assert.deepEqual(screen.lines, [
    "scan",
    "meter  8 records  12.5/s  LOST 2",
    "  power  7 mW      ▁▂▃▄▅▆▇█",
    "  raw    8 V       ▁▂▃▄▅▆▇█",
    "  xy     [7, 0.1]",
  ]);
  tap.detach();
});
