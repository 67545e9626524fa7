"""Read the parts of a run as one table with every library that this Python has, and print what they see as JSON.

    python3 dataset_read.py PATTERN...

A pattern ends with .parquet, .arrow or .csv. Prints {"readers": [name, ...], "seen": {pattern: {reader: {column: digest}}}},
with the digests of column_digests.py.
"""
import glob
import json
import sys

from column_digests import arrow_digests, available

READERS = list(available(("pyarrow", "polars", "duckdb")))


def of_arrow(table):
    """The columns with one value a record."""
    import pyarrow as pa

    return arrow_digests(table, lambda field: not pa.types.is_nested(field.type))


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
