/** 512 bytes, 8.2 kB, 3.1 MB: powers of 1000, as disks are sold. */
export function bytesText(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let power = 0;
  while (bytes >= 999.5 && power < units.length - 1) {
    bytes /= 1000;
    power++;
  }
  return `${bytes < 99.95 && power > 0 ? bytes.toFixed(1) : bytes.toFixed(0)} ${units[power]}`;
}

/** 29.97, 100, 10,000: four digits, which is what a rate measured from time stamps deserves. */
export function rateText(perSecond: number): string {
  if (perSecond >= 10_000) return Math.round(perSecond).toLocaleString("en-US");
  return String(Number(perSecond.toPrecision(4)));
}

/** "1 record", "1,000 records". */
export function countText(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

/** 480 × 640; "scalar" for a single value. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? "scalar" : shape.join(" × ");
}
