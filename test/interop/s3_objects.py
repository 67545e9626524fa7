"""Downloads every object of a bucket with boto3, which knows nothing of daq-storage: keys and SHA-256, or the files."""
import hashlib
import json
import os
import sys

import boto3

endpoint, bucket, folder = sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None
client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
found = {}
for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
    for each in page.get("Contents", []):
        content = client.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
        assert len(content) == each["Size"]
        found[each["Key"]] = hashlib.sha256(content).hexdigest()
        if folder is not None:
            path = os.path.join(folder, each["Key"])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
print(json.dumps(found))
