"""Read one run in any of its formats with stock readers, and print what they see as JSON.

    python3 converted_columns.py STREAMS PATH...

STREAMS is JSON: {stream: [column, ...]}. A PATH is an HDF5 file, a Zarr folder, or the name of the others with STREAM in
place of the stream. Prints {"readers": [name, ...], "seen": {path: {stream: {column: digest}}}}, with "timestamp" and
"sequence" among the columns; digests are those of column_digests.py. A path whose reader is not here is left out, and so is
a stream that a path does not have.
"""
import json
import os
import sys

from column_digests import arrow_digests, available, digest
from read_columns import pandas_csv

READERS = list(available(("pandas", "pyarrow", "h5py", "tensorstore")))


def with_arrow(path):
    import pyarrow as pa

    with pa.memory_map(path) as source:
        return arrow_digests(pa.ipc.open_file(source).read_all())


def with_parquet(path):
    import pyarrow.parquet as pq

    return arrow_digests(pq.read_table(path, page_checksum_verification=True))


def with_csv(path):
    return pandas_csv(path)["columns"]


def of_arrays(read, columns):
    """`read(name)` gives an array, or None where there is none."""
    import numpy as np

    seen = {}
    for name in ("timestamp", "sequence", *columns):
        values = read("timestamps" if name == "timestamp" else name)
        valid = read(name + "_valid")
        missing = np.zeros(len(values), bool) if valid is None else ~valid.astype(bool)
        seen[name] = digest(values, missing, str(values.dtype))
    return seen


def with_hdf5(path, streams):
    import h5py

    with h5py.File(path) as file:
        entry = file["entry"]
        return {stream: of_arrays(lambda name: entry[stream][name][:] if name in entry[stream] else None, columns)
                for stream, columns in streams.items() if stream in entry}


def with_zarr(path, streams):
    import tensorstore

    def read(stream, name):
        folder = os.path.join(path, stream, name)
        if not os.path.exists(os.path.join(folder, "zarr.json")):
            return None
        spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": folder + "/"}}
        return tensorstore.open(spec, open=True, read=True).result().read().result()

    return {stream: of_arrays(lambda name: read(stream, name), columns)
            for stream, columns in streams.items() if os.path.exists(os.path.join(path, stream))}


WHOLE = {".h5": ("h5py", with_hdf5), ".zarr": ("tensorstore", with_zarr)}
APART = {".arrow": ("pyarrow", with_arrow), ".parquet": ("pyarrow", with_parquet), ".csv": ("pandas", with_csv)}


def look(path, streams):
    ending = os.path.splitext(path)[1]
    if ending in WHOLE:
        return WHOLE[ending][1](path, streams)
    files = {stream: path.replace("STREAM", stream) for stream in streams}
    return {stream: APART[ending][1](file) for stream, file in files.items() if os.path.exists(file)}


def reader_of(path):
    ending = os.path.splitext(path)[1]
    return (WHOLE.get(ending) or APART[ending])[0]


if __name__ == "__main__":
    streams = json.loads(sys.argv[1])
    seen = {path: look(path, streams) for path in sys.argv[2:] if reader_of(path) in READERS}
    print(json.dumps({"readers": READERS, "seen": seen}))
