"""Reads texts and bools out of Zarr hierarchies with stock readers and prints what they see as JSON.

Arguments: paths of hierarchies with their arrays at the root.
"""

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
    xarray = zarr = None


def plain(values):
    """Texts and bools as they are, numbers as what Python prints of them."""
    return [value if isinstance(value, (str, bool)) else str(value) for value in np.asarray(values).tolist()]


def column(values, attributes):
    return {
        "dtype": str(values.dtype),
        "values": plain(values),
        "attributes": {key: attributes[key] for key in ("long_name", "units") if key in attributes},
    }


def with_tensorstore(path, is_version_3):
    seen = {}
    for name in sorted(os.listdir(path)):
        if not os.path.isdir(os.path.join(path, name)) or name == "losses":
            continue
        spec = {
            "driver": "zarr3" if is_version_3 else "zarr",
            "kvstore": {"driver": "file", "path": os.path.join(path, name) + "/"},
        }
        try:
            array = tensorstore.open(spec, open=True, read=True).result()
        except ValueError as error:
            seen[name] = {"error": str(error)}
            continue
        seen[name] = column(array.read().result(), {})
    return seen


def with_zarr(path):
    return {name: column(array[:], dict(array.attrs)) for name, array in zarr.open_group(path, mode="r").arrays()}


def with_xarray(path):
    """As somebody opens it who sets no option, and without consolidated metadata."""
    seen = None
    for consolidated in (None, False):
        dataset = xarray.open_zarr(path, consolidated=consolidated, decode_times=False)
        found = {name: column(dataset[name].values, dataset[name].attrs) for name in dataset.variables}
        assert seen is None or seen == found
        seen = found
    return seen


def main():
    stores = {}
    for path in sys.argv[1:]:
        is_version_3 = os.path.exists(os.path.join(path, "zarr.json"))
        seen = stores[path] = {}
        if tensorstore is not None:
            seen["tensorstore"] = with_tensorstore(path, is_version_3)
        # zarr-python 2 knows version 2 only.
        if zarr is not None and (not is_version_3 or int(zarr.__version__.split(".")[0]) >= 3):
            seen["zarr"] = with_zarr(path)
            seen["xarray"] = with_xarray(path)
    print(json.dumps({"readers": readers, "stores": stores}))


main()
