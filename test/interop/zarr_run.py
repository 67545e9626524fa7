"""Reads Zarr folders with stock readers and prints what they see as JSON.

Argument: a file with JSON, for each folder a list of "group/array" (the group may be empty).
"""

import hashlib
import json
import os
import sys
import warnings

import numpy as np

warnings.filterwarnings("ignore")

readers = {}
try:
    import tensorstore

    readers["tensorstore"] = getattr(tensorstore, "__version__", "?")
except ImportError:
    tensorstore = None
try:
    import xarray
    import zarr

    readers["xarray"] = xarray.__version__
    readers["zarr"] = zarr.__version__
except ImportError:
    xarray = None


def digest(values):
    values = np.ascontiguousarray(values)
    if values.dtype.byteorder == ">":
        values = values.astype(values.dtype.newbyteorder("<"))
    return {
        "shape": list(values.shape),
        "dtype": values.dtype.name,
        "sha256": hashlib.sha256(values.tobytes()).hexdigest(),
    }


def with_tensorstore(path, arrays):
    driver = "zarr3" if os.path.exists(os.path.join(path, "zarr.json")) else "zarr"
    seen = {}
    for name in arrays:
        spec = {"driver": driver, "kvstore": {"driver": "file", "path": os.path.join(path, name) + "/"}}
        array = tensorstore.open(spec, open=True, read=True).result()
        seen[name] = digest(array.read().result())
        seen[name]["dims"] = list(array.domain.labels)
    return seen


def with_xarray(path, arrays):
    """Through consolidated metadata, and without it."""
    seen = {}
    for name in arrays:
        group, _, array = name.rpartition("/")
        for consolidated in (True, False):
            raw = xarray.open_zarr(
                path, group=group or None, consolidated=consolidated, decode_times=False, mask_and_scale=False, chunks=None
            )
            found = digest(raw[array].values)
            found["dims"] = list(raw[array].dims)
            assert seen.setdefault(name, found) == found, name
        if array == "timestamps":
            decoded = xarray.open_zarr(path, group=group or None, chunks=None)
            times = decoded[array].values
            seen[name]["times"] = [str(times.dtype), str(times[0]), str(times[-1])] if len(times) else []
            seen[name]["variables"] = sorted(decoded.data_vars)
            seen[name]["attributes"] = {key: str(value) for key, value in decoded.attrs.items() if key != "daq"}
    return seen


def main():
    folders = {}
    with open(sys.argv[1], encoding="utf8") as file:
        wanted = json.load(file)
    for path, arrays in wanted.items():
        seen = folders[path] = {}
        if tensorstore is not None:
            seen["tensorstore"] = with_tensorstore(path, arrays)
        # zarr-python 2 knows version 2 only.
        is_known = not os.path.exists(os.path.join(path, "zarr.json")) or int(zarr.__version__.split(".")[0]) >= 3 if xarray else False
        if is_known:
            seen["xarray"] = with_xarray(path, arrays)
    print(json.dumps({"readers": readers, "folders": folders}))


main()
