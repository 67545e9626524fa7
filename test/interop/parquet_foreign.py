"""Write Parquet files in the ways that other programs have, with whatever writers this Python has.

    python3 parquet_foreign.py FOLDER

Prints {"columns": {table: {column: [hexadecimal text of the little-endian bytes, or null]}}, "files": {path: table}}. A table
is "whole" or "missing" (values are missing in most columns); null stands for a file that is not the records of a stream.
"""
import itertools
import json
import os
import sys
import warnings

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

warnings.simplefilter("ignore")
folder = sys.argv[1]
rows = 300
random = np.random.default_rng(2026)
files = {}


def table(missing):
    def column(values, share=0.0):
        return pa.array(values, mask=random.random(rows) < share if missing else None)

    number = np.arange(rows)
    return pa.table(
        {
            "timestamp": pa.array(1_764_000_000_000_000_000 + number * 1000, pa.timestamp("ns", "UTC")),
            "sequence": pa.array(number),
            "sine": column(np.sin(number / 50), 0.1),
            "noise": column(random.normal(size=rows).astype("f4"), 0.3),
            "small": column(random.integers(-128, 128, rows).astype("i1"), 0.1),
            "state": column((number // 40).astype("u2"), 0.9),
            "code": column(random.integers(-(2**31), 2**31, rows).astype("i4"), 0.1),
            "large": column(random.integers(0, 2**64, rows, dtype="u8"), 0.5),
            "count": column(np.cumsum(random.integers(-5, 9, rows)), 0.0),
            "open": column(random.integers(0, 2, rows) == 1, 0.2),
        }
    )


def hex_values(column):
    column = column.combine_chunks()
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    nothing = False if pa.types.is_boolean(column.type) else 0
    values = column.fill_null(nothing).to_numpy(zero_copy_only=False)
    return [v.tobytes().hex() if there else None for v, there in zip(values, column.is_valid().to_pylist())]


def encoded(schema, encoding):
    if encoding == "dictionary":
        return {"use_dictionary": True}
    fits = {
        "PLAIN": lambda type: True,
        "BYTE_STREAM_SPLIT": lambda type: not pa.types.is_boolean(type),
        "DELTA_BINARY_PACKED": pa.types.is_integer,
    }[encoding]
    chosen = {field.name: encoding if fits(field.type) else "PLAIN" for field in schema}
    return {"use_dictionary": False, "column_encoding": chosen}


def add(name, kind, write):
    path = os.path.join(folder, f"{name}.parquet")
    write(path)
    files[path] = kind


tables = {"whole": table(False), "missing": table(True)}
codecs = itertools.cycle(["none", "snappy", "gzip", "zstd", "lz4"])
encodings = ["dictionary", "PLAIN", "BYTE_STREAM_SPLIT", "DELTA_BINARY_PACKED"]
for (kind, data), version, encoding, page in itertools.product(
    tables.items(), ["1.0", "2.0"], encodings, [200, 1 << 20]
):
    options = {
        "compression": next(codecs),
        "data_page_version": version,
        "data_page_size": page,
        "row_group_size": 130,
        "write_page_index": page == 200,
        "write_page_checksum": version == "2.0",
        **encoded(data.schema, encoding),
    }
    name = f"pyarrow-{kind}-{version}-{encoding}-{page}"
    add(name, kind, lambda path: pq.write_table(data, path, **options))

whole = tables["whole"]
add("pyarrow-row-by-row", "whole", lambda path: pq.write_table(whole, path, row_group_size=1))
add("pyarrow-no-rows", "nothing", lambda path: pq.write_table(whole.slice(0, 0), path))
lists = pa.table(
    {
        "a": pa.array([1.5, None, 2.5]),
        "list": pa.array([[1, 2], None, []], pa.list_(pa.int32())),
        "deep": pa.array([[[1.0]], [[], [2.0]], None], pa.list_(pa.list_(pa.float64()))),
        "struct": pa.array([{"x": 1, "y": None}] * 3, pa.struct([("x", pa.int8()), ("y", pa.string())])),
        "map": pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int32())),
        "text": pa.array(["a", None, ""]),
        "money": pa.array([125, None, -1]).cast(pa.decimal128(20, 0)),
        "switch": pa.array([True, None, False]),
        "half": pa.array(np.arange(3, dtype="f2")),
        "day": pa.array([1, 2, 3], pa.date32()),
        "time": pa.array([1, 2, 3], pa.time64("us")),
        "pair": pa.array([[1.0, 2.0]] * 3, pa.list_(pa.float32(), 2)),
        "when": pa.array([1, 2, 3], pa.timestamp("ns")),
    }
)
for version in ["1.0", "2.0"]:
    for day in [False, True]:
        options = {"data_page_version": version, "use_deprecated_int96_timestamps": day}
        add(f"pyarrow-types-{version}-{day}", None, lambda path: pq.write_table(lists, path, **options))

try:
    import polars

    for kind, data in tables.items():
        for codec in ["uncompressed", "snappy", "gzip", "zstd", "lz4"]:
            frame = polars.from_arrow(data)
            options = {"compression": codec, "row_group_size": 130, "data_page_size": 400}
            add(f"polars-{kind}-{codec}", kind, lambda path: frame.write_parquet(path, **options))
except ImportError:
    pass

try:
    import duckdb

    for kind, data in tables.items():
        ints = data.set_column(0, "timestamp", data["timestamp"].cast(pa.int64()))
        for codec, version in itertools.product(["snappy", "gzip", "zstd", "lz4_raw"], ["v1", "v2"]):
            options = f"format parquet, compression {codec}, parquet_version {version}"
            add(
                f"duckdb-{kind}-{codec}-{version}",
                kind,
                lambda path: duckdb.execute(f"copy ints to '{path}' ({options})"),
            )
except ImportError:
    pass

try:
    import fastparquet

    frame = whole.to_pandas()
    for codec in ["UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD"]:
        options = {"compression": codec, "row_group_offsets": 130}
        add(f"fastparquet-{codec}", "whole", lambda path: fastparquet.write(path, frame, **options))
except ImportError:
    pass

columns = {
    kind: {name: hex_values(data[name]) for name in data.column_names} for kind, data in tables.items()
}
columns["nothing"] = {name: [] for name in whole.column_names}
print(json.dumps({"columns": columns, "files": files}))
