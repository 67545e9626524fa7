"""Read Parquet files with whatever stock readers this Python has, and print what they see as JSON.

    python3 parquet_read.py FILE...
    python3 parquet_read.py --rewrite IN OUT PAGE-VERSION

Prints {"readers": {name: version}, "files": {path: {reader: table}}}. Every value is the hexadecimal text of its
little-endian bytes, or null where it is missing, so that nothing is lost on the way. A reader that fails has
{"error": text}. pyarrow also compares the checksum of every page, and says what the schema and the metadata are.
--rewrite has pyarrow write the table of a file again with its defaults: dictionaries, Snappy, pages of that version, and
columns that may all be missing.
"""
import importlib
import json
import sys
import warnings

warnings.simplefilter("ignore")

READERS = {}
for name in ("pyarrow", "polars", "duckdb", "pandas", "fastparquet"):
    try:
        READERS[name] = importlib.import_module(name)
    except ImportError:
        pass


def hex_values(values):
    import numpy as np

    values = np.ascontiguousarray(values)
    if values.dtype.kind == "M":
        values = values.astype("datetime64[ns]").view("i8")
    return [value.tobytes().hex() for value in values.astype(values.dtype.newbyteorder("<"))]


def arrow_column(column):
    """Through Arrow's buffers: numpy would turn integers with gaps into floats."""
    import pyarrow as pa
    import pyarrow.compute as pc

    array = pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column
    missing = array.is_null().to_pylist()
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        return [
            None if gone else "".join(arrow_column(array[at].values)) for at, gone in enumerate(missing)
        ]
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.int64())
    filled = pc.fill_null(array, pa.scalar(0, array.type)) if array.null_count else array
    texts = hex_values(filled.to_numpy(zero_copy_only=False))
    return [None if gone else text for text, gone in zip(texts, missing)]


def arrow_table(table):
    return {name: arrow_column(table.column(at)) for at, name in enumerate(table.column_names)}


def by_pyarrow(path):
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path, page_checksum_verification=True)
    table = file.read()
    table.validate(full=True)
    chunks = [
        file.metadata.row_group(group).column(column)
        for group in range(file.metadata.num_row_groups)
        for column in range(file.metadata.num_columns)
    ]
    return {
        "columns": arrow_table(table),
        "metadata": {k.decode(): v.decode() for k, v in (table.schema.metadata or {}).items()},
        "types": {field.name: str(field.type) for field in table.schema},
        "row groups": file.metadata.num_row_groups,
        "encodings": {chunk.path_in_schema: list(chunk.encodings) for chunk in chunks},
        "codecs": sorted({chunk.compression for chunk in chunks}),
        "nulls": {chunk.path_in_schema: chunk.statistics.null_count for chunk in chunks},
        "bounds": {
            chunk.path_in_schema: [repr(chunk.statistics.min), repr(chunk.statistics.max)]
            for chunk in chunks
            if chunk.statistics.has_min_max and chunk.path_in_schema != "timestamp"
        },
        "indexes": all(chunk.has_offset_index for chunk in chunks),
    }


def by_polars(path):
    return {"columns": arrow_table(READERS["polars"].read_parquet(path).to_arrow())}


def by_duckdb(path):
    db = READERS["duckdb"].connect()
    db.execute("set timezone = 'UTC'")
    result = db.execute("select * from read_parquet(?)", [path])
    table = result.arrow()
    table = table.read_all() if hasattr(table, "read_all") else table
    # Times with a time zone have microseconds there, whatever the file has.
    units = {field.name: field.type.unit for field in table.schema if str(field.type).startswith("timestamp")}
    return {"columns": arrow_table(table), "units": units}


def frame_columns(frame):
    """Columns of plain numbers without gaps; pandas shows others in types of its own."""
    columns = {}
    for name in frame.columns:
        values = frame[name]
        if values.dtype.kind == "M" or str(values.dtype).startswith("datetime64"):
            columns[name] = hex_values(values.dt.tz_localize(None).to_numpy(dtype="datetime64[ns]"))
        elif values.dtype.kind in "iuf" and not values.hasnans:
            columns[name] = hex_values(values.to_numpy())
    return columns


def by_pandas(path):
    frame = READERS["pandas"].read_parquet(path, engine="pyarrow")
    return {"columns": frame_columns(frame), "rows": len(frame)}


def by_fastparquet(path):
    frame = READERS["pandas"].read_parquet(path, engine="fastparquet")
    return {"columns": frame_columns(frame), "rows": len(frame)}


VIEWS = {
    "pyarrow": by_pyarrow,
    "polars": by_polars,
    "duckdb": by_duckdb,
    "pandas": by_pandas,
    "fastparquet": by_fastparquet,
}


def view(read, path):
    try:
        return read(path)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}", "columns": {}}


def rewrite(source, target, version):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(source)
    fields = [field.with_nullable(True) for field in table.schema]
    table = table.cast(pa.schema(fields, metadata=table.schema.metadata))
    pq.write_table(table, target, data_page_version=version, row_group_size=300, data_page_size=2000)


if sys.argv[1:2] == ["--rewrite"]:
    rewrite(*sys.argv[2:])
    sys.exit()

print(
    json.dumps(
        {
            "readers": {name: module.__version__ for name, module in READERS.items()},
            "files": {
                path: {name: view(VIEWS[name], path) for name in READERS} for path in sys.argv[1:]
            },
        }
    )
)
