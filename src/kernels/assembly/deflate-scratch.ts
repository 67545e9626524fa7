// Where the parts of deflate keep their state in the caller's scratch; all offsets are from its start.

/** The latest positions by hash, and for each position the one before it with the same hash. */
export const hashTable: usize = 0;
export const chainTable: usize = 0x1_0000;
/** Where the fast finders, which have no chains, keep a copy. */
export const savedHashTable: usize = 0x1_0000;
/** One u64 for each match: the literals before it (32 bits), distance slot (8), length − 3 (8), distance − 1 (16). */
export const sequences: usize = 0x2_0000;
/** u32 for each byte of a block: the expected cost of all literals before it. */
export const costSums: usize = 0x4_c000;
/** A block that might run over its target is written here first; the last store may pass its end by 7 bytes. */
export const blockOutput: usize = 0x8_e000;

/** Literals are counted in four tables in turn: a byte that repeats does not wait for its own count. */
export const literalCounts: usize = 0xb_0000;
/** By length − 3. */
export const lengthCounts: usize = 0xb_1000;
/** By distance slot, as the code for distances has them. */
export const distanceCounts: usize = 0xb_1400;
export const allCountsBytes: usize = 0x1480;

/** Frequencies of the literal and length symbols. */
export const symbolCounts: usize = 0xb_2000;
/** Codes, as `buildCode` leaves them: one u32 each. */
export const symbolCodes: usize = 0xb_2800;
export const distanceCodes: usize = 0xb_3000;
/** By length − 3: code and extra bits in one, like a code. */
export const lengthCodes: usize = 0xb_3400;
/** The code lengths of both alphabets behind each other, then as the header writes them. */
export const codeLengths: usize = 0xb_3800;
export const headerItems: usize = 0xb_3c00;
export const headerCounts: usize = 0xb_4800;
export const headerCodes: usize = 0xb_4900;
export const headerCodeLengths: usize = 0xb_4a00;
/** What a literal is expected to cost, in eighths of a bit; one byte each. */
export const literalCosts: usize = 0xb_4b00;
/** What a match is expected to cost by its length − 3, and by its distance slot, likewise. */
export const lengthCosts: usize = 0xb_4d00;
export const distanceCosts: usize = 0xb_4e00;
/** By distance slot; one byte each. */
export const shortestMatches: usize = 0xb_4c00;
/** Working space of `buildCode`. */
export const codeWork: usize = 0xb_5000;
