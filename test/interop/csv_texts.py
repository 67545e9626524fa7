"""Read a CSV file that has texts and bools with whatever stock readers this Python has, and print what they see as JSON.

    python3 csv_texts.py FILE

Prints {reader: {"columns": {name: [value, ...]}, "types": {name: type}}}; null is a missing value, and a float is its text,
since JSON has no NaN. Every reader is called as the documentation shows it. "csv" is Python's own module.
"""
import csv
import gzip
import json
import sys

import column_digests

READERS = column_digests.available(("pandas", "polars", "pyarrow", "duckdb"))


def python_csv(path):
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8", newline="") as source:
        names, *rows = csv.reader(source)
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}, dict.fromkeys(names, "str")


def pandas_csv(path, **options):
    import pandas as pd

    frame = pd.read_csv(path, float_precision="round_trip", **options)
    columns = {name: [None if pd.isna(value) else value for value in frame[name].tolist()] for name in frame.columns}
    return columns, {name: str(kind) for name, kind in frame.dtypes.items()}


def polars_csv(path):
    import polars as pl

    frame = pl.read_csv(path, schema_overrides={"comment": pl.String, "mode": pl.String, "power": pl.Float64})
    return frame.to_dict(as_series=False), {name: str(kind) for name, kind in frame.schema.items()}


def pyarrow_csv(path):
    import pyarrow as pa
    import pyarrow.csv

    table = pyarrow.csv.read_csv(
        path,
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={"comment": pa.string(), "mode": pa.string()}, null_values=[""],
            strings_can_be_null=True, quoted_strings_can_be_null=False))
    table.validate(full=True)
    return table.to_pydict(), {field.name: str(field.type) for field in table.schema}


def duckdb_csv(path):
    import duckdb

    with duckdb.connect() as connection:
        relation = connection.sql(
            "select * from read_csv($path, header = true, allow_quoted_nulls = false, types = "
            "{'comment': 'VARCHAR', 'mode': 'VARCHAR', 'power': 'DOUBLE'})",
            params={"path": path})
        names, rows = relation.columns, relation.fetchall()
        return ({name: [row[at] for row in rows] for at, name in enumerate(names)},
                {name: str(kind) for name, kind in zip(names, relation.types)})


VIEWS = {
    "csv": (None, python_csv),
    "pandas": ("pandas", lambda path: pandas_csv(
        path, keep_default_na=False, na_values={"interlock": [""], "power": ["", "NaN"]})),
    "pandas, all defaults": ("pandas", pandas_csv),
    "polars": ("polars", polars_csv),
    "pyarrow": ("pyarrow", pyarrow_csv),
    "duckdb": ("duckdb", duckdb_csv),
}


def plain(value):
    return repr(value) if isinstance(value, float) else value


if __name__ == "__main__":
    found = {}
    for view, (library, read) in VIEWS.items():
        if library is None or library in READERS:
            try:
                columns, types = read(sys.argv[1])
                found[view] = {"columns": {name: [plain(v) for v in values] for name, values in columns.items()},
                               "types": types}
            except Exception as error:
                found[view] = {"error": f"{type(error).__name__}: {error}"}
    json.dump(found, sys.stdout)
