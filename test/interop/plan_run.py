"""What stock readers see of the files of a plan's run: JSON on standard output. Arguments: pairs of kind and path."""

import hashlib
import json
import sys

import numpy as np


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def scan(dataset):
    variables = {}
    for name, variable in dataset.variables.items():
        values = variable.values
        seen = {"dims": list(variable.dims), "shape": list(values.shape), "units": variable.attrs.get("units")}
        if values.ndim > 2 or values.dtype.kind == "M":
            seen["sha256"] = digest(values)
        else:
            seen["values"] = np.where(np.isnan(values.astype("f8")), None, values).tolist()
        variables[name] = seen
    return {"coordinates": sorted(dataset.coords), "variables": variables}


def hdf5(path):
    import h5py

    with h5py.File(path) as file:
        frames = {}
        for name, group in file["entry"].items():
            if name != "scan" and isinstance(group, h5py.Group) and "frame" in group:
                frames[name] = digest(group["frame"][:])
        ledger = json.loads(file["entry/daq/ledger"][()])
        run = json.loads(file["entry/daq/run"][()])
        return {
            "frames": frames,
            "ending": ledger.get("ending"),
            "start": run["info"]["start"]["plan_name"],
            "attributes": {key: str(value) for key, value in file.attrs.items()},
        }


def hdf5_scan(path):
    import h5netcdf  # noqa: F401
    import xarray

    with xarray.open_dataset(path, engine="h5netcdf", group="entry/scan") as dataset:
        return scan(dataset)


def lost_frames(dataset, path):
    """Whether each frame of the scan is the one of its number, and none stands for one that was lost."""
    import h5py

    with h5py.File(path) as file:
        frames = file["entry/prime_bsi/frame"][:]
        rows = {int(number): row for row, number in enumerate(file["entry/prime_bsi/sequence"][:])}
    numbers = dataset.prime_bsi_frame.values
    images = dataset.prime_bsi.values
    missing = np.isnan(numbers)
    right = [bool((images[at] == frames[rows[int(numbers[at])]]).all()) for at in np.flatnonzero(~missing)]
    return {"right": all(right), "missing": int(missing.sum()), "hidden": bool(np.isnan(images[missing]).all())}


def hdf5_lost(path):
    import h5netcdf  # noqa: F401
    import xarray

    with xarray.open_dataset(path, engine="h5netcdf", group="entry/scan") as dataset:
        return lost_frames(dataset, path)


def zarr_lost(path):
    import xarray
    import zarr  # noqa: F401

    with xarray.open_zarr(path, group="scan") as dataset:
        return lost_frames(dataset, path.replace(".zarr", ".h5"))


def zarr_scan(path):
    import xarray
    import zarr  # noqa: F401

    with xarray.open_zarr(path, group="scan") as dataset:
        return scan(dataset)


def table(rows):
    stream = json.loads((rows.schema.metadata or {}).get(b"daq.stream", b"{}"))
    units = {column["name"]: column.get("unit", "") for column in stream.get("columns", [])}
    for field in rows.schema:
        metadata = field.metadata or {}
        unit = metadata.get(b"unit") or metadata.get(b"units")
        if unit is not None:
            units[field.name] = unit.decode()
    names = [name for name in rows.column_names if rows.schema.field(name).type in ("double", "int64")]
    return {"columns": {name: rows[name].to_pylist() for name in names}, "units": units, "rows": rows.num_rows}


def arrow(path):
    import pyarrow

    return table(pyarrow.ipc.open_file(path).read_all())


def parquet(path):
    import pyarrow.parquet

    return table(pyarrow.parquet.read_table(path))


kinds = {"hdf5": hdf5, "hdf5-scan": hdf5_scan, "zarr-scan": zarr_scan, "hdf5-lost": hdf5_lost, "zarr-lost": zarr_lost, "arrow": arrow, "parquet": parquet}
answer = {}
for kind, path in zip(sys.argv[1::2], sys.argv[2::2]):
    try:
        answer[f"{kind} {path}"] = kinds[kind](path)
    except ImportError:
        pass
json.dump(answer, sys.stdout)
