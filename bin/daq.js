#!/usr/bin/env node
// Plain JavaScript that old Node versions can parse: they are told what is needed instead of a syntax error.
import { existsSync } from "node:fs";

const needed = 24;
const found = Number(process.versions.node.split(".")[0]);
if (found < needed) {
  console.error(
    `daq needs Node.js ${needed} or newer; this is ${process.versions.node} (${process.execPath}).`,
  );
  console.error(
    `Install it from your package manager, or beside this package: npm install node@${needed}, then npx daq.`,
  );
  process.exit(2);
}
// A checkout runs its sources; Node refuses to strip types inside node_modules, so a package brings them compiled.
const source = new URL("../src/cli/main.ts", import.meta.url);
const isCheckout = existsSync(source) && !import.meta.url.includes("/node_modules/");
const { main } = await import(
  isCheckout ? source.href : new URL("../dist/cli/main.js", import.meta.url).href
);
process.exitCode = await main(process.argv.slice(2));
