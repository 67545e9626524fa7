// What the WebAssembly module exports. Imports carry no ending here: asc adds it.
export { shuffle, unshuffle } from "./shuffle";
