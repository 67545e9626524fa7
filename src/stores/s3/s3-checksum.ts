import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import type { Checksum } from "../contract.ts";

/** The sum that the server computed over the object's whole content; undefined where it has only one over its parts. */
export function s3Checksum(head: HeadObjectCommandOutput): Checksum | undefined {
  const crc = head.ChecksumCRC32C;
  // "-3" behind it: a sum of the sums of three parts.
  if (crc !== undefined && !crc.includes("-") && head.ChecksumType !== "COMPOSITE")
    return { algorithm: "crc32c", hex: Buffer.from(crc, "base64").toString("hex") };
  // With keys of the customer's the ETag is not the MD5.
  if (head.ServerSideEncryption?.startsWith("aws:kms") || head.SSECustomerAlgorithm !== undefined)
    return undefined;
  const [, md5] = /^"?([0-9a-f]{32})"?$/.exec(head.ETag ?? "") ?? [];
  return md5 === undefined ? undefined : { algorithm: "md5", hex: md5 };
}
