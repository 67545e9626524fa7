import { AttemptTime } from "../attempt-time.ts";
import type { OpenCloud } from "../open-cloud.ts";
import { loadS3Sdk, makeS3Client } from "./s3-client.ts";
import { S3Store } from "./s3-store.ts";

export const openS3: OpenCloud = async ({ bucket, prefix }, { connections, quietMs }) => {
  const sdk = await loadS3Sdk();
  return new S3Store({
    sdk,
    client: makeS3Client(sdk, connections),
    url: prefix === "" ? `s3://${bucket}` : `s3://${bucket}/${prefix}`,
    bucket,
    prefix: prefix === "" ? "" : `${prefix}/`,
    time: new AttemptTime(quietMs),
  });
};
