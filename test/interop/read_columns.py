"""Read the files of a recorded run with whatever stock readers this Python has, and print what they see as JSON.

    python3 read_columns.py FILE...

Prints {"readers": {name: version}, "files": {path: {view: table}}}. A view is one way to open a file: pandas-csv,
polars-csv, pyarrow-csv, duckdb-csv, pyarrow-arrow, polars-arrow. A table has, for each column, its dtype (for CSV the
one that the sidecar declares, `inferred` being the reader's own guess), records, missing values and the sha256 of its
little-endian bytes, zeros where a value is missing, followed by one validity byte a record. A view that fails has
{"error": text}.
"""
import json
import sys
import warnings

from column_digests import arrow_values, available, digest, np

warnings.simplefilter("ignore")

READERS = available(("pandas", "polars", "pyarrow", "duckdb"))

# https://www.w3.org/TR/tabular-data-primer/#datatypes
CSVW = {"byte": "int8", "short": "int16", "int": "int32", "long": "int64", "unsignedByte": "uint8",
        "unsignedShort": "uint16", "unsignedInt": "uint32", "unsignedLong": "uint64", "float": "float32",
        "double": "float64"}


def declared(path):
    """Names, dtypes and units as the CSVW sidecar gives them."""
    with open(path + "-metadata.json", encoding="utf-8") as source:
        columns = json.load(source)["tableSchema"]["columns"]
    return {c["name"]: {"dtype": CSVW[c["datatype"]], "unit": c.get("schema:unitText")} for c in columns}


def csv_table(path, names, column):
    known = declared(path)
    if list(names) != list(known):
        raise ValueError(f"columns {list(names)}, but the sidecar says {list(known)}")
    columns = {name: digest(*column(name), about["dtype"]) for name, about in known.items()}
    return {"columns": columns, "units": {name: about["unit"] for name, about in known.items()}}


def pandas_csv(path):
    import pandas as pd

    frame = pd.read_csv(path, float_precision="round_trip")
    times = pd.to_datetime(frame["timestamp"], unit="ns", utc=True)
    column = lambda name: (frame[name].to_numpy(), frame[name].isna().to_numpy())
    return csv_table(path, frame.columns, column) | {
        "times": [times.iloc[0].isoformat(), times.iloc[-1].isoformat()], "time type": str(times.dtype)}


def polars_csv(path):
    import polars as pl

    frame = pl.read_csv(path)
    column = lambda name: (frame[name].fill_null(0).to_numpy(), frame[name].is_null().to_numpy())
    return csv_table(path, frame.columns, column)


def pyarrow_csv(path):
    import pyarrow.csv

    table = pyarrow.csv.read_csv(path)
    return csv_table(path, table.column_names, lambda name: arrow_values(table[name]))


def duckdb_csv(path):
    import duckdb

    with duckdb.connect() as connection:
        found = connection.execute("select * from read_csv(?, header = true)", [path]).fetchnumpy()

    def column(name):
        values = found[name]
        missing = np.ma.getmaskarray(values)
        return np.ma.filled(values, 0), missing

    return csv_table(path, found.keys(), column)


def pyarrow_arrow(path):
    import pyarrow as pa

    with pa.memory_map(path) as source:
        table = pa.ipc.open_file(source).read_all()
        table.validate(full=True)
        units, columns = {}, {}
        for field in table.schema:
            unit = (field.metadata or {}).get(b"unit")
            units[field.name] = unit.decode() if unit else None
            values, missing = arrow_values(table[field.name])
            columns[field.name] = digest(values, missing, str(values.dtype)) | {"type": str(field.type)}
            if values.ndim > 1:
                columns[field.name]["shape"] = list(values.shape[1:])
        times = table["timestamp"]
        return {"columns": columns, "units": units, "time type": str(times.type),
                "times": [times[0].as_py().isoformat(), times[-1].as_py().isoformat()]}


def polars_arrow(path):
    import polars as pl

    frame, columns = pl.read_ipc(path, memory_map=True), {}
    for name in frame.columns:
        series = frame[name].rechunk()
        missing = series.is_null().to_numpy()
        if isinstance(series.dtype, pl.Array):
            shape = (len(series), series.dtype.size)
            values = series.explode().to_numpy().reshape(shape)
        elif isinstance(series.dtype, pl.Datetime):
            values = series.cast(pl.Int64).to_numpy()
        else:
            values = series.fill_null(0).to_numpy()
        columns[name] = digest(values, missing, str(values.dtype))
    return {"columns": columns}


VIEWS = {
    "pandas-csv": (("pandas",), pandas_csv),
    "polars-csv": (("polars",), polars_csv),
    "pyarrow-csv": (("pyarrow",), pyarrow_csv),
    "duckdb-csv": (("duckdb",), duckdb_csv),
    "pyarrow-arrow": (("pyarrow",), pyarrow_arrow),
    "polars-arrow": (("polars",), polars_arrow),
}


def look(view, path):
    try:
        return view(path)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    files = {}
    for path in sys.argv[1:]:
        kind = "arrow" if path.endswith(".arrow") else "csv"
        files[path] = {name: look(view, path) for name, (needs, view) in VIEWS.items()
                       if name.endswith(kind) and all(library in READERS for library in needs)}
    print(json.dumps({"readers": {name: module.__version__ for name, module in READERS.items()}, "files": files}))
