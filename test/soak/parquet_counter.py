"""Check the files of parquet-counter.ts with pyarrow: every value follows from the number of its record.

Says {"pyarrow": version}; then for each line [path, rows] null, or what is wrong.
"""
import json
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

MODES = ["idle", "", "scanning", "naïve µ"]


def expected(rows):
    number = np.arange(rows, dtype="i8")
    pairs = np.stack([number, number + 1_000_000], axis=1).astype("u4")
    return {
        "timestamp": pa.array(1_764_000_000_000_000_000 + number * 1_000_003, pa.timestamp("ns", "UTC")),
        "sequence": pa.array(number),
        "half": pa.array(number / 2),
        "rest": pa.array((number % 1000).astype("i2"), mask=number % 7 == 0),
        "pair": pa.ListArray.from_arrays(
            pa.array(np.arange(0, 2 * rows + 1, 2, dtype="i4")), pa.array(pairs.reshape(-1))
        ),
        "state": pa.array((number**2 % 11).astype("u1")),
        "level": pa.array((number**2 % 13) / 7, mask=number % 5 == 0),
        "mode": pa.array([None if n % 6 == 0 else MODES[n % 4] for n in range(rows)], pa.string()),
        "note": pa.array([f"µ {n}" for n in range(rows)], pa.string()),
        "open": pa.array(number % 3 == 0),
    }


def problem(path, rows):
    file = pq.ParquetFile(path, page_checksum_verification=True)
    table = file.read()
    table.validate(full=True)
    if table.num_rows != rows:
        return f"{table.num_rows} rows, where {rows} belong"
    for name, column in expected(rows).items():
        found = pa.chunked_array(table[name].chunks, table[name].type)
        if not found.equals(pa.chunked_array([column]).cast(found.type)):
            return f"{name} has other values"
    for group in range(file.metadata.num_row_groups):
        chunk = file.metadata.row_group(group)
        sequence = chunk.column(1).statistics
        if sequence.max - sequence.min + 1 != chunk.num_rows:
            return f"row group {group} has statistics of other records"
    return None


print(json.dumps({"pyarrow": pa.__version__}), flush=True)
for line in sys.stdin:
    try:
        answer = problem(*json.loads(line))
    except Exception as error:
        answer = f"{type(error).__name__}: {error}"
    print(json.dumps(answer), flush=True)
