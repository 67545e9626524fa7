"""The arrays of a scan as stock readers have them: HDF5 by h5py, Zarr by TensorStore. Prints JSON.

    python3 scan_arrays.py PATH...

Prints {path: {name: {dims, shape, dtype, attributes, sha256, values}}}, `values` of arrays with up to a thousand numbers. A
path whose reader is not here is left out.
"""
import hashlib
import json
import os
import sys

import numpy as np


def array(values, dims, attributes):
    values = np.ascontiguousarray(values)
    seen = {
        "dims": dims,
        "shape": list(values.shape),
        "dtype": str(values.dtype),
        "attributes": {name: text for name, text in attributes.items() if name in ("units", "long_name")},
        "sha256": hashlib.sha256(values.tobytes()).hexdigest(),
    }
    if values.size <= 1000:
        numbers = values.astype("f8")
        seen["values"] = np.where(np.isnan(numbers), None, numbers).tolist()
    return seen


def hdf5(path):
    import h5py

    def dims(dataset):
        if dataset.attrs.get("CLASS") == b"DIMENSION_SCALE":
            return [dataset.name.rsplit("/", 1)[1]]
        return [dimension[0].name.rsplit("/", 1)[1] for dimension in dataset.dims]

    with h5py.File(path) as file:
        group = file["entry/scan"]
        return {name: array(found[()], dims(found), dict(found.attrs)) for name, found in group.items()}


def zarr(path):
    import tensorstore

    seen = {}
    group = os.path.join(path, "scan")
    for name in sorted(os.listdir(group)):
        about = os.path.join(group, name, "zarr.json")
        if not os.path.exists(about):
            continue
        with open(about, encoding="utf-8") as source:
            metadata = json.load(source)
        spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": os.path.join(group, name) + "/"}}
        values = tensorstore.open(spec, open=True, read=True).result().read().result()
        seen[name] = array(values, metadata["dimension_names"], metadata["attributes"])
    return seen


answer = {}
for path in sys.argv[1:]:
    try:
        answer[path] = (zarr if path.endswith(".zarr") else hdf5)(path)
    except ImportError:
        pass
json.dump(answer, sys.stdout)
