"""Read the parts of a run as one table with every library that this Python has, and print what they see as JSON.

    python3 dataset_read.py PATTERN...

A pattern ends with .parquet, .arrow or .csv. Prints {"readers": [name, ...], "seen": {pattern: {reader: {column: digest}}}},
with the digests of read_columns.py.
"""
import glob
import importlib
import json
import sys

from read_columns import arrow_values, digest

READERS = []
for name in ("pyarrow", "polars", "duckdb"):
    try:
        importlib.import_module(name)
        READERS.append(name)
    except ImportError:
        pass


def of_arrow(table):
    """The columns with one value a record."""
    import pyarrow as pa

    seen = {}
    for field in table.schema:
        if pa.types.is_nested(field.type):
            continue
        values, missing = arrow_values(table[field.name])
        seen[field.name] = digest(values, missing, str(values.dtype))
    return seen


def with_pyarrow(pattern):
    import pyarrow.dataset as ds

    return of_arrow(ds.dataset(sorted(glob.glob(pattern)), format=pattern.rsplit(".", 1)[1]).to_table())


def with_polars(pattern):
    import polars as pl

    scan = {"parquet": pl.scan_parquet, "arrow": pl.scan_ipc, "csv": pl.scan_csv}[pattern.rsplit(".", 1)[1]]
    return of_arrow(scan(pattern).collect().to_arrow())


def with_duckdb(pattern):
    import duckdb

    call = {"parquet": "read_parquet", "csv": "read_csv"}.get(pattern.rsplit(".", 1)[1])
    if call is None:
        return None
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        return of_arrow(connection.execute(f"select * from {call}(?) order by sequence", [pattern]).to_arrow_table())


WITH = {"pyarrow": with_pyarrow, "polars": with_polars, "duckdb": with_duckdb}

if __name__ == "__main__":
    seen = {pattern: {name: WITH[name](pattern) for name in READERS} for pattern in sys.argv[1:]}
    print(json.dumps({"readers": READERS, "seen": seen}))
