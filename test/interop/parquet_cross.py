"""Read Parquet files with every stock reader that this Python has, and print a digest of each column as JSON.

    python3 parquet_cross.py FILE...

Prints {"readers": [name], "files": {path: {"encodings": {column: [name]}, "columns": {reader: {column: digest}}}}}. A digest is
the SHA-1 of the little-endian bytes of all values, those that are missing as zeros, and of one byte a record, 0 where it is
missing; texts are UTF-8, each behind its length. Where a reader refuses a column, its message stands instead.
"""
import hashlib
import importlib
import json
import sys
import warnings

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

warnings.simplefilter("ignore")

READERS = {}
for name in ("polars", "duckdb", "pandas", "fastparquet"):
    try:
        READERS[name] = importlib.import_module(name)
    except ImportError:
        pass


def digest(values, there):
    state = hashlib.sha1(np.ascontiguousarray(values).tobytes())
    state.update(np.ascontiguousarray(there, dtype="u1").tobytes())
    return state.hexdigest()


def digest_of_texts(texts):
    state = hashlib.sha1()
    for text in texts:
        data = ("" if text is None else text).encode()
        state.update(len(data).to_bytes(4, "little") + data)
    state.update(bytes(text is not None for text in texts))
    return state.hexdigest()


def of_arrow(column):
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    array = pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array
    there = np.asarray(array.is_valid())
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.int64())
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        found = array.flatten().to_numpy(zero_copy_only=False)
        values = np.zeros((len(array), len(found) // max(1, there.sum())), found.dtype)
        values[there] = found.reshape(-1, values.shape[1])
        return digest(values, there)
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        return digest_of_texts(array.to_pylist())
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.uint8())
    filled = array.fill_null(0) if array.null_count else array
    return digest(filled.to_numpy(zero_copy_only=False), there)


def of_table(table):
    return {name: of_arrow(table.column(name)) for name in table.column_names}


def of_series(series, item):
    """From fastparquet: numbers, pandas' numbers with a mask, or an object for each list."""
    if series.dtype.kind == "M":
        values = series.dt.tz_localize(None).to_numpy(dtype="datetime64[ns]").view("i8")
        return digest(values, np.ones(len(values)))
    if item is str:
        return digest_of_texts([value if isinstance(value, str) else None for value in series])
    if series.dtype == object:
        there = np.array([value is not None for value in series])
        size = max(len(value) for value in series if value is not None)
        values = np.zeros((len(series), size), item)
        values[there] = np.array([value for value in series if value is not None]).astype(item)
        return digest(values, there)
    # No value of the test is NaN: there it stands for a missing one.
    there = ~series.isna().to_numpy()
    values = series.array._data if hasattr(series.array, "_mask") else series.to_numpy()
    return digest(np.where(there, values, 0).astype(values.dtype), there)


def by_pyarrow(path, table):
    return of_table(pq.ParquetFile(path, page_checksum_verification=True).read())


def by_polars(path, table):
    return of_table(READERS["polars"].read_parquet(path).to_arrow())


def by_duckdb(path, table):
    found = READERS["duckdb"].execute("select * exclude timestamp from read_parquet(?)", [path]).arrow()
    return of_table(found.read_all() if hasattr(found, "read_all") else found)


def by_pandas(path, table):
    frame = READERS["pandas"].read_parquet(path, engine="pyarrow", dtype_backend="pyarrow")
    return {name: of_arrow(pa.array(frame[name].array)) for name in frame.columns}


def by_fastparquet(path, table):
    file = READERS["fastparquet"].ParquetFile(path)
    found = {}
    for name in table.column_names:
        kind = table.schema.field(name).type
        item = kind.value_type if pa.types.is_list(kind) else kind
        try:
            kind = str if pa.types.is_string(item) else item.to_pandas_dtype()
            found[name] = of_series(file.to_pandas(columns=[name])[name], kind)
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    return found


VIEWS = {
    "pyarrow": by_pyarrow,
    "polars": by_polars,
    "duckdb": by_duckdb,
    "pandas": by_pandas,
    "fastparquet": by_fastparquet,
}


def look(path):
    file = pq.ParquetFile(path)
    chunks = [
        file.metadata.row_group(group).column(column)
        for group in range(file.metadata.num_row_groups)
        for column in range(file.metadata.num_columns)
    ]
    table = file.read()
    return {
        "encodings": {chunk.path_in_schema.split(".")[0]: list(chunk.encodings) for chunk in chunks},
        "columns": {name: VIEWS[name](path, table) for name in ["pyarrow", *READERS]},
    }


print(json.dumps({"readers": ["pyarrow", *READERS], "files": {path: look(path) for path in sys.argv[1:]}}))
