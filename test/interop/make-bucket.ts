/** Makes a bucket on the S3 server that the environment names. */
export async function makeBucket(name: string): Promise<void> {
  const { CreateBucketCommand, S3Client } = await import("@aws-sdk/client-s3");
  const client = new S3Client({ forcePathStyle: true, region: "us-east-1" });
  await client.send(new CreateBucketCommand({ Bucket: name }));
  client.destroy();
}
