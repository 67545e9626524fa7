"""Reads Zarr stores (folders) with what this Python has, and prints what it saw as JSON.

    zarr_arrays.py STORE...

Per store and library: each array with dtype, shape, names of the dimensions, fill value and the SHA-256 of its
little-endian values in row-major order.
"""

import hashlib
import json
import pathlib
import sys
import warnings

import numpy

warnings.simplefilter("ignore")
readers = {}
try:
    import zarr

    readers["zarr"] = zarr.__version__
except ImportError:
    zarr = None
try:
    import xarray

    if zarr is not None:
        readers["xarray"] = xarray.__version__
except ImportError:
    xarray = None
try:
    import tensorstore

    readers["tensorstore"] = "2" if not hasattr(tensorstore, "__version__") else tensorstore.__version__
except ImportError:
    tensorstore = None


def digest(values):
    values = numpy.ascontiguousarray(values)
    return hashlib.sha256(values.astype(values.dtype.newbyteorder("<")).tobytes()).hexdigest()


def plain(value):
    """A fill value as text, so that 64-bit integers and NaN arrive."""
    return None if value is None else str(value)


def seen(values, **more):
    return {"dtype": values.dtype.name, "shape": list(values.shape), "sha256": digest(values), **more}


def documents(store):
    root = pathlib.Path(store)
    found = [*root.rglob(".zarray"), *(p for p in root.rglob("zarr.json"))]
    for path in sorted(found):
        document = json.loads(path.read_text())
        if path.name == ".zarray" or document["node_type"] == "array":
            yield str(path.parent.relative_to(root)), document


def with_zarr(store):
    # Consolidated: that is the metadata that readers of a finished store see.
    root = zarr.open_consolidated(store, mode="r")
    found = {}

    def visit(name, node):
        if hasattr(node, "chunks"):
            found[name] = seen(node[...], fill=plain(node.fill_value), dimensions=node.attrs.get("_ARRAY_DIMENSIONS"))

    root.visititems(visit)
    return found


def with_xarray(store):
    groups = {"": None}
    for name, _ in documents(store):
        if "/" in name:
            groups[name.rpartition("/")[0]] = None
    found = {}
    for group in groups:
        for masked in (False, True):
            data = xarray.open_zarr(store, group=group or None, mask_and_scale=masked, decode_times=False)
            for name, variable in data.variables.items():
                key = f"{group}/{name}" if group else str(name)
                what = seen(
                    variable.values,
                    dimensions=list(variable.dims),
                    coordinate=name in data.coords,
                    units=variable.attrs.get("units"),
                )
                found[key if not masked else f"{key} (masked)"] = what
            data.close()
    return found


def with_tensorstore(store):
    found = {}
    for name, document in documents(store):
        spec = {
            "driver": "zarr3" if document["zarr_format"] == 3 else "zarr",
            "kvstore": {"driver": "file", "path": str(pathlib.Path(store, name)) + "/"},
        }
        array = tensorstore.open(spec, open=True).result()
        labels = [label for label in array.domain.labels]
        fill = array.fill_value
        found[name] = seen(
            array.read().result(),
            dimensions=labels if document["zarr_format"] == 3 else None,
            fill=None if fill is None else plain(fill[()]),
        )
    return found


def is_version_3(store):
    return pathlib.Path(store, "zarr.json").exists()


stores = {}
for store in sys.argv[1:]:
    views = {}
    too_new = is_version_3(store) and zarr is not None and zarr.__version__.startswith("2.")
    if zarr is not None and not too_new:
        views["zarr"] = with_zarr(store)
        if xarray is not None:
            views["xarray"] = with_xarray(store)
    if tensorstore is not None:
        views["tensorstore"] = with_tensorstore(store)
    stores[store] = views
print(json.dumps({"readers": readers, "stores": stores}))
