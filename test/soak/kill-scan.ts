import assert from "node:assert/strict";
import { points, ScanFolder } from "../faults/resumed-scan.ts";

/**
 * kill -9 of a grid scan at random moments, and of what takes it up again, wherever that is: at the end all files are those
 * of a scan that was never interrupted.
 */
export async function killScan(loops: number, log: (line: string) => void): Promise<void> {
  const formats = ["hdf5", "zarr", "arrow", "parquet", "csv"];
  const whole = new ScanFolder(formats);
  const { code, error } = await whole.run();
  assert.equal(code, 0, error);
  const expected = await whole.values();
  whole.remove();
  let kills = 0;
  for (let loop = 1; loop <= loops; loop++) {
    const folder = new ScanFolder(formats);
    const first = 1 + Math.floor(Math.random() * (points - 5));
    await folder.killAt(first, { withRecorder: Math.random() < 0.5 });
    kills++;
    const more = ["--resume", folder.index];
    while (Math.random() < 0.6) {
      const afterMs = 300 + Math.random() * 2500;
      await folder.kill((milliseconds) => milliseconds > afterMs, {
        withRecorder: Math.random() < 0.5,
        more,
      });
      kills++;
    }
    const last = await folder.resume();
    // The kill before it came when all was done.
    const isOver = /is over: it ended with success/.test(last.error);
    assert.ok(last.code === 0 || isOver, `${last.error}\nin ${folder.path}`);
    assert.deepEqual(await folder.values(), expected, `in ${folder.path}`);
    folder.remove();
    if (loop % 10 === 0 || loop === loops) log(`${loop}/${loops} scans, ${kills} kills`);
  }
}
