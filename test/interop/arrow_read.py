"""Read Arrow IPC files with whatever stock readers this Python has, and print what they see as JSON.

    python3 arrow_read.py FILE...

Prints {"readers": {name: version}, "files": {path: {view: table}}}. A view is one way to open a file:
pyarrow-file, pyarrow-stream, pyarrow-mmap, polars-file, polars-stream, pandas, duckdb. Every value is the hexadecimal text
of its little-endian bytes, or null where it is missing, so that nothing is lost on the way. A view that fails has
{"error": text}.
"""
import importlib
import json
import sys
import warnings

warnings.simplefilter("ignore")

READERS = {}
for name in ("pyarrow", "polars", "pandas", "duckdb"):
    try:
        READERS[name] = importlib.import_module(name)
    except ImportError:
        pass


def hex_records(values, missing):
    """One text for each record of a numpy array whose first axis is the record."""
    import numpy as np

    values = np.ascontiguousarray(values)
    if values.dtype.kind == "M":
        values = values.astype("datetime64[ns]").view("i8")
    values = values.astype(values.dtype.newbyteorder("<"))
    return [None if gone else row.tobytes().hex() for row, gone in zip(values, missing)]


def arrow_column(column):
    import pyarrow as pa

    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    missing = array.is_null().to_pylist()
    storage = array.storage if isinstance(array, pa.ExtensionArray) else array
    if pa.types.is_fixed_size_list(storage.type):
        width = storage.type.list_size
        flat = storage.values.slice(storage.offset * width, len(storage) * width)
        return hex_records(flat.to_numpy(zero_copy_only=False).reshape(len(storage), width), missing)
    if pa.types.is_timestamp(storage.type):
        storage = storage.cast(pa.int64())
    if pa.types.is_boolean(storage.type):
        return hex_records(storage.fill_null(False).cast(pa.uint8()).to_numpy(), missing)
    if pa.types.is_string(storage.type):
        return [None if text is None else text.encode().hex() for text in storage.to_pylist()]
    # Without the bitmap: numpy would turn integers with gaps into floats.
    data = pa.Array.from_buffers(storage.type, len(storage), [None, storage.buffers()[1]], offset=storage.offset)
    return hex_records(data.to_numpy(zero_copy_only=False), missing)


def arrow_table(table):
    table.validate(full=True)
    fields = [table.schema.field(i) for i in range(table.num_columns)]
    text = lambda pairs: {k.decode(): v.decode() for k, v in (pairs or {}).items()}
    return {
        "rows": table.num_rows,
        "metadata": text(table.schema.metadata),
        "types": {f.name: str(f.type) for f in fields},
        "nulls": {f.name: table[f.name].null_count for f in fields},
        "field metadata": {f.name: text(f.metadata) for f in fields},
        "columns": {f.name: arrow_column(table[f.name]) for f in fields},
    }


def pyarrow_file(path):
    import pyarrow as pa

    with pa.OSFile(path) as source:
        return arrow_table(pa.ipc.open_file(source).read_all())


def pyarrow_stream(path):
    """The way to read a file that is not finished: as a stream, after its first 8 bytes, up to where it ends."""
    import pyarrow as pa

    with pa.OSFile(path) as source:
        source.seek(8)
        reader, batches = pa.ipc.open_stream(source), []
        try:
            for batch in reader:
                batches.append(batch)
        except pa.ArrowInvalid:
            pass
        return arrow_table(pa.Table.from_batches(batches, reader.schema))


def pyarrow_mmap(path):
    """Where the buffers of the mapped file lie: inside the map, or copied; and which alignment they share."""
    import pyarrow as pa

    with pa.memory_map(path) as source:
        whole = source.read_buffer(source.size())
        before = pa.total_allocated_bytes()
        reader = pa.ipc.open_file(whole)
        addresses, tensors = [], {}
        for index in range(reader.num_record_batches):
            batch = reader.get_batch(index)
            for name, column in zip(batch.schema.names, batch.columns):
                if hasattr(column, "to_numpy_ndarray") and column.null_count == 0:
                    array = column.to_numpy_ndarray()
                    addresses.append(array.ctypes.data)
                    tensors[name] = list(array.shape[1:])
                storage = column.storage if isinstance(column, pa.ExtensionArray) else column
                addresses += [b.address for b in storage.buffers() if b is not None and b.size > 0]
        inside = sum(whole.address <= a < whole.address + whole.size for a in addresses)
        aligned = sum((a - whole.address) % 64 == 0 for a in addresses)
        return {"buffers": len(addresses), "inside": inside, "aligned": aligned, "tensors": tensors,
                "allocated": pa.total_allocated_bytes() - before}


def polars_table(frame):
    import polars as pl

    columns = {}
    for name in frame.columns:
        series = frame[name].rechunk()
        missing = series.is_null().to_list()
        if isinstance(series.dtype, pl.Array):
            inner, width = series.dtype.inner, series.dtype.size
            values = [[0] * width if row is None else row for row in series.to_list()]
            flat = pl.Series([v for row in values for v in row], dtype=inner).to_numpy()
            columns[name] = hex_records(flat.reshape(len(series), width), missing)
        elif isinstance(series.dtype, pl.Datetime):
            columns[name] = hex_records(series.cast(pl.Int64).to_numpy(), missing)
        elif series.dtype == pl.Boolean:
            columns[name] = hex_records(series.fill_null(False).cast(pl.UInt8).to_numpy(), missing)
        elif series.dtype == pl.String:
            columns[name] = [None if text is None else text.encode().hex() for text in series.to_list()]
        else:
            columns[name] = hex_records(series.fill_null(0).to_numpy(), missing)
    return {"rows": frame.height, "types": {n: str(t) for n, t in frame.schema.items()}, "columns": columns}


def polars_file(path):
    import polars as pl

    return polars_table(pl.read_ipc(path, memory_map=True))


def polars_stream(path):
    import polars as pl

    with open(path, "rb") as source:
        return polars_table(pl.read_ipc_stream(source.read()[8:]))


def pandas_file(path):
    import pandas as pd

    frame = pd.read_feather(path)
    return {"rows": len(frame), "types": {n: str(t) for n, t in frame.dtypes.items()}}


def duckdb_file(path):
    import duckdb
    import pyarrow.dataset

    data = pyarrow.dataset.dataset(path, format="ipc")
    with duckdb.connect() as connection:
        connection.register("data", data)
        names = [row[0] for row in connection.execute("describe data").fetchall()]
        counts = ", ".join(f'count("{name.replace(chr(34), chr(34) * 2)}")' for name in names)
        row = connection.execute(f"select count(*), {counts} from data").fetchone()
    return {"rows": row[0], "filled": dict(zip(names, row[1:]))}


VIEWS = {
    "pyarrow-file": (("pyarrow",), pyarrow_file),
    "pyarrow-stream": (("pyarrow",), pyarrow_stream),
    "pyarrow-mmap": (("pyarrow",), pyarrow_mmap),
    "polars-file": (("polars",), polars_file),
    "polars-stream": (("polars",), polars_stream),
    "pandas": (("pandas", "pyarrow"), pandas_file),
    "duckdb": (("duckdb", "pyarrow"), duckdb_file),
}


def look(view, path):
    try:
        return view(path)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    usable = {name: view for name, (needs, view) in VIEWS.items() if all(n in READERS for n in needs)}
    print(json.dumps({
        "readers": {name: module.__version__ for name, module in READERS.items()},
        "files": {path: {name: look(view, path) for name, view in usable.items()} for path in sys.argv[1:]},
    }))
