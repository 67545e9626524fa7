import type { S3Client } from "@aws-sdk/client-s3";
import { vendorSdk } from "../vendor-sdk.ts";

export type S3Sdk = typeof import("@aws-sdk/client-s3");

export const loadS3Sdk = (): Promise<S3Sdk> =>
  vendorSdk("s3://", "@aws-sdk/client-s3", () => import("@aws-sdk/client-s3"));

/** The address of a server other than AWS's own; undefined where there is none. */
function ownEndpoint(): string | undefined {
  return [process.env.AWS_ENDPOINT_URL_S3, process.env.AWS_ENDPOINT_URL].find(
    (url) => url !== undefined && url !== "",
  );
}

/** Whether the environment names a server other than AWS's own. */
export function hasOwnEndpoint(): boolean {
  return ownEndpoint() !== undefined;
}

/** Credentials, region and endpoint come from where AWS's tools look: environment, profile, the machine's own role. */
export function makeS3Client(sdk: S3Sdk, connections: number): S3Client {
  const endpoint = ownEndpoint();
  const region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  return new sdk.S3Client({
    maxAttempts: 1, // Retries are made around all stores in the same way.
    // The sums are given with the calls; other servers do not know the SDK's own.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    followRegionRedirects: true,
    requestHandler: {
      connectionTimeout: 10_000,
      httpsAgent: { keepAlive: true, maxSockets: connections },
      httpAgent: { keepAlive: true, maxSockets: connections },
    },
    // A server of one's own has no regions; the SDK asks for one all the same.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true, region: region ?? "us-east-1" }),
    ...(region === undefined ? {} : { region }),
  });
}
