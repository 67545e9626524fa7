/** What a byte does to the register: the polynomial of Castagnoli, lowest bit first (RFC 3720, appendix B.4). */
// biome-ignore format: eight a line
const byteTable = memory.data<u32>([
  0x00000000, 0xf26b8303, 0xe13b70f7, 0x1350f3f4, 0xc79a971f, 0x35f1141c, 0x26a1e7e8, 0xd4ca64eb,
  0x8ad958cf, 0x78b2dbcc, 0x6be22838, 0x9989ab3b, 0x4d43cfd0, 0xbf284cd3, 0xac78bf27, 0x5e133c24,
  0x105ec76f, 0xe235446c, 0xf165b798, 0x030e349b, 0xd7c45070, 0x25afd373, 0x36ff2087, 0xc494a384,
  0x9a879fa0, 0x68ec1ca3, 0x7bbcef57, 0x89d76c54, 0x5d1d08bf, 0xaf768bbc, 0xbc267848, 0x4e4dfb4b,
  0x20bd8ede, 0xd2d60ddd, 0xc186fe29, 0x33ed7d2a, 0xe72719c1, 0x154c9ac2, 0x061c6936, 0xf477ea35,
  0xaa64d611, 0x580f5512, 0x4b5fa6e6, 0xb93425e5, 0x6dfe410e, 0x9f95c20d, 0x8cc531f9, 0x7eaeb2fa,
  0x30e349b1, 0xc288cab2, 0xd1d83946, 0x23b3ba45, 0xf779deae, 0x05125dad, 0x1642ae59, 0xe4292d5a,
  0xba3a117e, 0x4851927d, 0x5b016189, 0xa96ae28a, 0x7da08661, 0x8fcb0562, 0x9c9bf696, 0x6ef07595,
  0x417b1dbc, 0xb3109ebf, 0xa0406d4b, 0x522bee48, 0x86e18aa3, 0x748a09a0, 0x67dafa54, 0x95b17957,
  0xcba24573, 0x39c9c670, 0x2a993584, 0xd8f2b687, 0x0c38d26c, 0xfe53516f, 0xed03a29b, 0x1f682198,
  0x5125dad3, 0xa34e59d0, 0xb01eaa24, 0x42752927, 0x96bf4dcc, 0x64d4cecf, 0x77843d3b, 0x85efbe38,
  0xdbfc821c, 0x2997011f, 0x3ac7f2eb, 0xc8ac71e8, 0x1c661503, 0xee0d9600, 0xfd5d65f4, 0x0f36e6f7,
  0x61c69362, 0x93ad1061, 0x80fde395, 0x72966096, 0xa65c047d, 0x5437877e, 0x4767748a, 0xb50cf789,
  0xeb1fcbad, 0x197448ae, 0x0a24bb5a, 0xf84f3859, 0x2c855cb2, 0xdeeedfb1, 0xcdbe2c45, 0x3fd5af46,
  0x7198540d, 0x83f3d70e, 0x90a324fa, 0x62c8a7f9, 0xb602c312, 0x44694011, 0x5739b3e5, 0xa55230e6,
  0xfb410cc2, 0x092a8fc1, 0x1a7a7c35, 0xe811ff36, 0x3cdb9bdd, 0xceb018de, 0xdde0eb2a, 0x2f8b6829,
  0x82f63b78, 0x709db87b, 0x63cd4b8f, 0x91a6c88c, 0x456cac67, 0xb7072f64, 0xa457dc90, 0x563c5f93,
  0x082f63b7, 0xfa44e0b4, 0xe9141340, 0x1b7f9043, 0xcfb5f4a8, 0x3dde77ab, 0x2e8e845f, 0xdce5075c,
  0x92a8fc17, 0x60c37f14, 0x73938ce0, 0x81f80fe3, 0x55326b08, 0xa759e80b, 0xb4091bff, 0x466298fc,
  0x1871a4d8, 0xea1a27db, 0xf94ad42f, 0x0b21572c, 0xdfeb33c7, 0x2d80b0c4, 0x3ed04330, 0xccbbc033,
  0xa24bb5a6, 0x502036a5, 0x4370c551, 0xb11b4652, 0x65d122b9, 0x97baa1ba, 0x84ea524e, 0x7681d14d,
  0x2892ed69, 0xdaf96e6a, 0xc9a99d9e, 0x3bc21e9d, 0xef087a76, 0x1d63f975, 0x0e330a81, 0xfc588982,
  0xb21572c9, 0x407ef1ca, 0x532e023e, 0xa145813d, 0x758fe5d6, 0x87e466d5, 0x94b49521, 0x66df1622,
  0x38cc2a06, 0xcaa7a905, 0xd9f75af1, 0x2b9cd9f2, 0xff56bd19, 0x0d3d3e1a, 0x1e6dcdee, 0xec064eed,
  0xc38d26c4, 0x31e6a5c7, 0x22b65633, 0xd0ddd530, 0x0417b1db, 0xf67c32d8, 0xe52cc12c, 0x1747422f,
  0x49547e0b, 0xbb3ffd08, 0xa86f0efc, 0x5a048dff, 0x8ecee914, 0x7ca56a17, 0x6ff599e3, 0x9d9e1ae0,
  0xd3d3e1ab, 0x21b862a8, 0x32e8915c, 0xc083125f, 0x144976b4, 0xe622f5b7, 0xf5720643, 0x07198540,
  0x590ab964, 0xab613a67, 0xb831c993, 0x4a5a4a90, 0x9e902e7b, 0x6cfbad78, 0x7fab5e8c, 0x8dc0dd8f,
  0xe330a81a, 0x115b2b19, 0x020bd8ed, 0xf0605bee, 0x24aa3f05, 0xd6c1bc06, 0xc5914ff2, 0x37faccf1,
  0x69e9f0d5, 0x9b8273d6, 0x88d28022, 0x7ab90321, 0xae7367ca, 0x5c18e4c9, 0x4f48173d, 0xbd23943e,
  0xf36e6f75, 0x0105ec76, 0x12551f82, 0xe03e9c81, 0x34f4f86a, 0xc69f7b69, 0xd5cf889d, 0x27a40b9e,
  0x79b737ba, 0x8bdcb4b9, 0x988c474d, 0x6ae7c44e, 0xbe2da0a5, 0x4c4623a6, 0x5f16d052, 0xad7d5351,
]);

/**
 * A checksum is linear: a block may be replaced by any other that leaves the same register behind. So 128 bytes are
 * carried over to the 128 behind them, and added there, and at the end one block is left. Carrying is done for 32
 * columns of four bytes at once, 32 bytes from one to the next, which is the same 32 × 32 bits of a matrix for each:
 *
 *     byte       0 … 15   16 … 31        a column is a byte of each of these four rows at one place; its four
 *               32 … 47   48 … 63        bytes can make every register (at 16 bytes' distance they cannot), so
 *               64 … 79   80 … 95        there is one column, and only one, that does 128 bytes further on
 *               96 … 111 112 … 127       what this one does here
 *
 * One line here is what one half of a byte adds to one byte of the new column: for each byte of the old column, its low
 * half, then its high half, four lines. crc32c.test.ts works them out.
 */
// biome-ignore format: one line a vector
const columnTables = memory.data<u8>([
  0x00, 0xe6, 0xe0, 0x06, 0xe4, 0x02, 0x04, 0xe2, 0x46, 0xa0, 0xa6, 0x40, 0xa2, 0x44, 0x42, 0xa4,
  0x00, 0x25, 0x11, 0x34, 0x54, 0x71, 0x45, 0x60, 0x31, 0x14, 0x20, 0x05, 0x65, 0x40, 0x74, 0x51,
  0x00, 0x88, 0x90, 0x18, 0x77, 0xff, 0xe7, 0x6f, 0xd2, 0x5a, 0x42, 0xca, 0xa5, 0x2d, 0x35, 0xbd,
  0x00, 0x10, 0xb2, 0xa2, 0x8d, 0x9d, 0x3f, 0x2f, 0x6d, 0x7d, 0xdf, 0xcf, 0xe0, 0xf0, 0x52, 0x42,
  0x00, 0x26, 0x55, 0x73, 0x08, 0x2e, 0x5d, 0x7b, 0xb2, 0x94, 0xe7, 0xc1, 0xba, 0x9c, 0xef, 0xc9,
  0x00, 0x8d, 0x79, 0xf4, 0x30, 0xbd, 0x49, 0xc4, 0xa2, 0x2f, 0xdb, 0x56, 0x92, 0x1f, 0xeb, 0x66,
  0x00, 0xcf, 0xad, 0x62, 0xe6, 0x29, 0x4b, 0x84, 0x70, 0xbf, 0xdd, 0x12, 0x96, 0x59, 0x3b, 0xf4,
  0x00, 0x44, 0x89, 0xcd, 0xf7, 0xb3, 0x7e, 0x3a, 0x0b, 0x4f, 0x82, 0xc6, 0xfc, 0xb8, 0x75, 0x31,
  0x00, 0x7b, 0x54, 0x2f, 0x02, 0x79, 0x56, 0x2d, 0xae, 0xd5, 0xfa, 0x81, 0xac, 0xd7, 0xf8, 0x83,
  0x00, 0x4d, 0x58, 0x15, 0x5f, 0x12, 0x07, 0x4a, 0x51, 0x1c, 0x09, 0x44, 0x0e, 0x43, 0x56, 0x1b,
  0x00, 0xa4, 0xf4, 0x50, 0x83, 0x27, 0x77, 0xd3, 0x6d, 0xc9, 0x99, 0x3d, 0xee, 0x4a, 0x1a, 0xbe,
  0x00, 0xdb, 0x53, 0x88, 0x38, 0xe3, 0x6b, 0xb0, 0xee, 0x35, 0xbd, 0x66, 0xd6, 0x0d, 0x85, 0x5e,
  0x00, 0xd2, 0x80, 0x52, 0x24, 0xf6, 0xa4, 0x76, 0x40, 0x92, 0xc0, 0x12, 0x64, 0xb6, 0xe4, 0x36,
  0x00, 0x3b, 0x00, 0x3b, 0x76, 0x4d, 0x76, 0x4d, 0xc1, 0xfa, 0xc1, 0xfa, 0xb7, 0x8c, 0xb7, 0x8c,
  0x00, 0xe6, 0x9b, 0x7d, 0x61, 0x87, 0xfa, 0x1c, 0x15, 0xf3, 0x8e, 0x68, 0x74, 0x92, 0xef, 0x09,
  0x00, 0xab, 0xbf, 0x14, 0x97, 0x3c, 0x28, 0x83, 0x55, 0xfe, 0xea, 0x41, 0xc2, 0x69, 0x7d, 0xd6,
  0x00, 0x78, 0x5a, 0x22, 0xa5, 0xdd, 0xff, 0x87, 0xcc, 0xb4, 0x96, 0xee, 0x69, 0x11, 0x33, 0x4b,
  0x00, 0x3a, 0x9b, 0xa1, 0x78, 0x42, 0xe3, 0xd9, 0x44, 0x7e, 0xdf, 0xe5, 0x3c, 0x06, 0xa7, 0x9d,
  0x00, 0xc1, 0xe9, 0x28, 0x36, 0xf7, 0xdf, 0x1e, 0x87, 0x46, 0x6e, 0xaf, 0xb1, 0x70, 0x58, 0x99,
  0x00, 0x06, 0x92, 0x94, 0x5e, 0x58, 0xcc, 0xca, 0xb0, 0xb6, 0x22, 0x24, 0xee, 0xe8, 0x7c, 0x7a,
  0x00, 0xbc, 0x45, 0xf9, 0x9b, 0x27, 0xde, 0x62, 0x0b, 0xb7, 0x4e, 0xf2, 0x90, 0x2c, 0xd5, 0x69,
  0x00, 0xfe, 0xe9, 0x17, 0x9c, 0x62, 0x75, 0x8b, 0x2d, 0xd3, 0xc4, 0x3a, 0xb1, 0x4f, 0x58, 0xa6,
  0x00, 0x59, 0xd6, 0x8f, 0x48, 0x11, 0x9e, 0xc7, 0xf4, 0xad, 0x22, 0x7b, 0xbc, 0xe5, 0x6a, 0x33,
  0x00, 0x89, 0xfa, 0x73, 0x8e, 0x07, 0x74, 0xfd, 0xf4, 0x7d, 0x0e, 0x87, 0x7a, 0xf3, 0x80, 0x09,
  0x00, 0x51, 0xbb, 0xea, 0x4b, 0x1a, 0xf0, 0xa1, 0x87, 0xd6, 0x3c, 0x6d, 0xcc, 0x9d, 0x77, 0x26,
  0x00, 0xda, 0xd7, 0x0d, 0xbb, 0x61, 0x6c, 0xb6, 0x38, 0xe2, 0xef, 0x35, 0x83, 0x59, 0x54, 0x8e,
  0x00, 0xbe, 0x4f, 0xf1, 0xfa, 0x44, 0xb5, 0x0b, 0x10, 0xae, 0x5f, 0xe1, 0xea, 0x54, 0xa5, 0x1b,
  0x00, 0x46, 0x8d, 0xcb, 0xf2, 0xb4, 0x7f, 0x39, 0x9e, 0xd8, 0x13, 0x55, 0x6c, 0x2a, 0xe1, 0xa7,
  0x00, 0x80, 0x35, 0xb5, 0x73, 0xf3, 0x46, 0xc6, 0x55, 0xd5, 0x60, 0xe0, 0x26, 0xa6, 0x13, 0x93,
  0x00, 0xe9, 0xea, 0x03, 0xb7, 0x5e, 0x5d, 0xb4, 0xe2, 0x0b, 0x08, 0xe1, 0x55, 0xbc, 0xbf, 0x56,
  0x00, 0x1c, 0x8b, 0x97, 0x25, 0x39, 0xae, 0xb2, 0x12, 0x0e, 0x99, 0x85, 0x37, 0x2b, 0xbc, 0xa0,
  0x00, 0x4b, 0x05, 0x4e, 0x0b, 0x40, 0x0e, 0x45, 0x89, 0xc2, 0x8c, 0xc7, 0x82, 0xc9, 0x87, 0xcc,
]);

const blockBytes: u32 = 128;

/** CRC-32C; start with 0, go on with what was returned. */
export function crc32c(seed: u32, source: usize, length: u32): f64 {
  let register = ~seed;
  let from = source;
  const end = source + length;
  if (length >= 2 * blockBytes) {
    let a0 = v128.xor(v128.load(from), i32x4(register, 0, 0, 0));
    let b0 = v128.load(from, 16);
    let a1 = v128.load(from, 32);
    let b1 = v128.load(from, 48);
    let a2 = v128.load(from, 64);
    let b2 = v128.load(from, 80);
    let a3 = v128.load(from, 96);
    let b3 = v128.load(from, 112);
    const lowHalf = i8x16.splat(15);
    register = 0;
    from += blockBytes;
    while (end - from >= blockBytes) {
      let toA0 = v128.load(from);
      let toB0 = v128.load(from, 16);
      let toA1 = v128.load(from, 32);
      let toB1 = v128.load(from, 48);
      let toA2 = v128.load(from, 64);
      let toB2 = v128.load(from, 80);
      let toA3 = v128.load(from, 96);
      let toB3 = v128.load(from, 112);
      let halfA: v128;
      let halfB: v128;
      let table: v128;
      halfA = v128.and(a0, lowHalf);
      halfB = v128.and(b0, lowHalf);
      table = v128.load(columnTables, 0);
      toA0 = v128.xor(toA0, v128.swizzle(table, halfA));
      toB0 = v128.xor(toB0, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 16);
      toA1 = v128.xor(toA1, v128.swizzle(table, halfA));
      toB1 = v128.xor(toB1, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 32);
      toA2 = v128.xor(toA2, v128.swizzle(table, halfA));
      toB2 = v128.xor(toB2, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 48);
      toA3 = v128.xor(toA3, v128.swizzle(table, halfA));
      toB3 = v128.xor(toB3, v128.swizzle(table, halfB));
      halfA = v128.and(i16x8.shr_u(a0, 4), lowHalf);
      halfB = v128.and(i16x8.shr_u(b0, 4), lowHalf);
      table = v128.load(columnTables, 64);
      toA0 = v128.xor(toA0, v128.swizzle(table, halfA));
      toB0 = v128.xor(toB0, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 80);
      toA1 = v128.xor(toA1, v128.swizzle(table, halfA));
      toB1 = v128.xor(toB1, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 96);
      toA2 = v128.xor(toA2, v128.swizzle(table, halfA));
      toB2 = v128.xor(toB2, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 112);
      toA3 = v128.xor(toA3, v128.swizzle(table, halfA));
      toB3 = v128.xor(toB3, v128.swizzle(table, halfB));
      halfA = v128.and(a1, lowHalf);
      halfB = v128.and(b1, lowHalf);
      table = v128.load(columnTables, 128);
      toA0 = v128.xor(toA0, v128.swizzle(table, halfA));
      toB0 = v128.xor(toB0, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 144);
      toA1 = v128.xor(toA1, v128.swizzle(table, halfA));
      toB1 = v128.xor(toB1, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 160);
      toA2 = v128.xor(toA2, v128.swizzle(table, halfA));
      toB2 = v128.xor(toB2, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 176);
      toA3 = v128.xor(toA3, v128.swizzle(table, halfA));
      toB3 = v128.xor(toB3, v128.swizzle(table, halfB));
      halfA = v128.and(i16x8.shr_u(a1, 4), lowHalf);
      halfB = v128.and(i16x8.shr_u(b1, 4), lowHalf);
      table = v128.load(columnTables, 192);
      toA0 = v128.xor(toA0, v128.swizzle(table, halfA));
      toB0 = v128.xor(toB0, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 208);
      toA1 = v128.xor(toA1, v128.swizzle(table, halfA));
      toB1 = v128.xor(toB1, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 224);
      toA2 = v128.xor(toA2, v128.swizzle(table, halfA));
      toB2 = v128.xor(toB2, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 240);
      toA3 = v128.xor(toA3, v128.swizzle(table, halfA));
      toB3 = v128.xor(toB3, v128.swizzle(table, halfB));
      halfA = v128.and(a2, lowHalf);
      halfB = v128.and(b2, lowHalf);
      table = v128.load(columnTables, 256);
      toA0 = v128.xor(toA0, v128.swizzle(table, halfA));
      toB0 = v128.xor(toB0, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 272);
      toA1 = v128.xor(toA1, v128.swizzle(table, halfA));
      toB1 = v128.xor(toB1, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 288);
      toA2 = v128.xor(toA2, v128.swizzle(table, halfA));
      toB2 = v128.xor(toB2, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 304);
      toA3 = v128.xor(toA3, v128.swizzle(table, halfA));
      toB3 = v128.xor(toB3, v128.swizzle(table, halfB));
      halfA = v128.and(i16x8.shr_u(a2, 4), lowHalf);
      halfB = v128.and(i16x8.shr_u(b2, 4), lowHalf);
      table = v128.load(columnTables, 320);
      toA0 = v128.xor(toA0, v128.swizzle(table, halfA));
      toB0 = v128.xor(toB0, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 336);
      toA1 = v128.xor(toA1, v128.swizzle(table, halfA));
      toB1 = v128.xor(toB1, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 352);
      toA2 = v128.xor(toA2, v128.swizzle(table, halfA));
      toB2 = v128.xor(toB2, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 368);
      toA3 = v128.xor(toA3, v128.swizzle(table, halfA));
      toB3 = v128.xor(toB3, v128.swizzle(table, halfB));
      halfA = v128.and(a3, lowHalf);
      halfB = v128.and(b3, lowHalf);
      table = v128.load(columnTables, 384);
      toA0 = v128.xor(toA0, v128.swizzle(table, halfA));
      toB0 = v128.xor(toB0, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 400);
      toA1 = v128.xor(toA1, v128.swizzle(table, halfA));
      toB1 = v128.xor(toB1, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 416);
      toA2 = v128.xor(toA2, v128.swizzle(table, halfA));
      toB2 = v128.xor(toB2, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 432);
      toA3 = v128.xor(toA3, v128.swizzle(table, halfA));
      toB3 = v128.xor(toB3, v128.swizzle(table, halfB));
      halfA = v128.and(i16x8.shr_u(a3, 4), lowHalf);
      halfB = v128.and(i16x8.shr_u(b3, 4), lowHalf);
      table = v128.load(columnTables, 448);
      toA0 = v128.xor(toA0, v128.swizzle(table, halfA));
      toB0 = v128.xor(toB0, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 464);
      toA1 = v128.xor(toA1, v128.swizzle(table, halfA));
      toB1 = v128.xor(toB1, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 480);
      toA2 = v128.xor(toA2, v128.swizzle(table, halfA));
      toB2 = v128.xor(toB2, v128.swizzle(table, halfB));
      table = v128.load(columnTables, 496);
      toA3 = v128.xor(toA3, v128.swizzle(table, halfA));
      toB3 = v128.xor(toB3, v128.swizzle(table, halfB));
      a0 = toA0;
      b0 = toB0;
      a1 = toA1;
      b1 = toB1;
      a2 = toA2;
      b2 = toB2;
      a3 = toA3;
      b3 = toB3;
      from += blockBytes;
    }
    register = ofVector(register, a0);
    register = ofVector(register, b0);
    register = ofVector(register, a1);
    register = ofVector(register, b1);
    register = ofVector(register, a2);
    register = ofVector(register, b2);
    register = ofVector(register, a3);
    register = ofVector(register, b3);
  }
  while (from !== end) register = ofByte(register, load<u8>(from++));
  return <f64>~register;
}

function ofByte(register: u32, byte: u32): u32 {
  return (register >> 8) ^ load<u32>(byteTable + (((register ^ byte) & 255) << 2));
}

function ofVector(register: u32, vector: v128): u32 {
  register = ofHalf(register, i64x2.extract_lane(vector, 0));
  return ofHalf(register, i64x2.extract_lane(vector, 1));
}

function ofHalf(register: u32, bytes: u64): u32 {
  for (let byte = 0; byte < 8; byte++) {
    register = ofByte(register, <u32>bytes & 255);
    bytes >>= 8;
  }
  return register;
}
