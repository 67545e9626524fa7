// What the WebAssembly module exports. Imports carry no ending here: asc adds it.
export { adler32 } from "./adler32";
export { bitshuffle, bitunshuffle } from "./bitshuffle";
export { crc32c } from "./crc32c";
export { deflateDense } from "./deflate-dense";
export { deflateFast } from "./deflate-fast";
export { deltaBinaryPack } from "./delta-binary-pack";
export { dictionaryEncode } from "./dictionary-encode";
export { encodeRows } from "./encode-rows";
export { extremesOfFloats } from "./extremes";
export { extremesOfIntegers } from "./extremes-of-integers";
export { lz4Compress } from "./lz4-compress";
export { lz4Decompress } from "./lz4-decompress";
export { shuffle, unshuffle } from "./shuffle";
export { snappyCompress } from "./snappy-compress";
export { snappyDecompress } from "./snappy-decompress";
