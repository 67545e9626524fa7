/** Something that other programs may write and that is not read here; the message is its name. */
export class NotReadHere extends Error {}
