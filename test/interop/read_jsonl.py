"""Prints the columns of a file of JSON lines, each value as a text: floats as the bits of their double."""

import json
import math
import struct
import sys


def flat(value):
    if isinstance(value, list):
        return [item for part in value for item in flat(part)]
    return [value]


def text(key, value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and key["dtype"] == "string":
        return value
    if "f" not in key["dtype_numpy"]:
        return str(value)
    number = float(value)
    return "nan" if math.isnan(number) else struct.pack("<d", number).hex()


descriptors = {}
columns = {}
with open(sys.argv[1], encoding="utf-8") as file:
    for line in file:
        entry = json.loads(line)
        doc = entry["doc"]
        if entry["name"] == "descriptor":
            descriptors[doc["uid"]] = doc
            columns[doc["name"]] = {name: [] for name in ["seq_num", *doc["data_keys"]]}
        if entry["name"] == "event_page":
            descriptor = descriptors[doc["descriptor"]]
            table = columns[descriptor["name"]]
            table["seq_num"] += map(str, doc["seq_num"])
            for name, values in doc["data"].items():
                key = descriptor["data_keys"][name]
                table[name] += [" ".join(text(key, item) for item in flat(value)) for value in values]
json.dump(columns, sys.stdout)
