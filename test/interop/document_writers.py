"""What stock readers see of the files of document writers: JSON on standard output. Arguments: pairs of kind and path."""

import json
import sys

import numpy as np


def plain(values):
    """Numbers and digits, since JSON's numbers are doubles; None where there is no number."""
    values = np.asarray(values)
    if values.dtype.kind == "M":
        values = values.astype("M8[ns]").astype("i8")
    if values.dtype.kind in "iu":
        return [str(value) for value in values.ravel()]
    return [None if np.isnan(value) else float(value) for value in values.ravel().astype("f8")]


def floats(values):
    """A column without a fraction is one of integers to who reads text."""
    return [None if np.isnan(value) else float(value) for value in np.asarray(values, "f8")]


def hdf5(path):
    import h5py

    with h5py.File(path) as file:
        group = file["entry/primary"]
        columns = {name: plain(group[name][:]) for name in group if group[name].ndim == 1 and group[name].dtype.kind in "fiu"}
        units = {name: str(group[name].attrs["units"]) for name in columns if "units" in group[name].attrs}
        run = json.loads(file["entry/daq/run"][()])
        ledger = json.loads(file["entry/daq/ledger"][()])
        return {
            "columns": columns,
            "units": units,
            "start": run["info"]["start"]["plan_name"],
            "stop": ledger["ending"]["documents"][-1]["doc"]["exit_status"],
            "sample": str(file.attrs["sample"]),
            "baseline": plain(file["entry/baseline/stage"][:]),
        }


def scan(dataset):
    return {
        "coordinates": {name: plain(values) for name, values in dataset.coords.items()},
        "variables": {
            name: {"dims": list(values.dims), "units": values.attrs.get("units"), "values": plain(values.values)}
            for name, values in dataset.data_vars.items()
        },
    }


def hdf5_scan(path):
    import h5netcdf  # noqa: F401
    import xarray

    with xarray.open_dataset(path, engine="h5netcdf", group="entry/scan") as dataset:
        return scan(dataset)


def zarr_scan(path):
    import xarray
    import zarr  # noqa: F401

    with xarray.open_zarr(path, group="scan") as dataset:
        return scan(dataset)


def zarr(path):
    import xarray
    import zarr  # noqa: F401

    with xarray.open_zarr(path, group="primary", mask_and_scale=False, decode_times=False) as dataset:
        names = [name for name, values in dataset.variables.items() if values.ndim == 1]
        run = zarr.open_group(path, mode="r").attrs["daq"]
        return {
            "columns": {name: plain(dataset[name].values) for name in names},
            "units": {name: dataset[name].attrs["units"] for name in names if "units" in dataset[name].attrs},
            "start": run["run"]["info"]["start"]["plan_name"],
            "stop": run["ledger"]["ending"]["documents"][-1]["doc"]["exit_status"],
        }


def table(rows):
    stream = json.loads(rows.schema.metadata[b"daq.stream"])
    run = json.loads(rows.schema.metadata[b"daq.run"])
    names = [field.name for field in rows.schema if str(field.type) in ("double", "int64")]
    return {
        "columns": {
            name: [str(value) if isinstance(value, int) else value for value in rows[name].to_pylist()] for name in names
        },
        "units": {column["name"]: column["unit"] for column in stream["columns"] if "unit" in column},
        "start": run["start"]["plan_name"],
    }


def arrow(path):
    import pyarrow

    return table(pyarrow.ipc.open_file(path).read_all())


def parquet(path):
    import pyarrow.parquet

    return table(pyarrow.parquet.read_table(path))


def csv(path):
    import pandas

    rows = pandas.read_csv(path, float_precision="round_trip")
    exact = [name for name in rows.columns if name.endswith("_time_ns") or name in ("timestamp", "sequence", "seq_num")]
    return {"columns": {name: plain(rows[name]) if name in exact else floats(rows[name]) for name in rows.columns}}


kinds = {
    "hdf5": hdf5,
    "hdf5-scan": hdf5_scan,
    "zarr": zarr,
    "zarr-scan": zarr_scan,
    "arrow": arrow,
    "parquet": parquet,
    "csv": csv,
}
answer = {}
for kind, path in zip(sys.argv[1::2], sys.argv[2::2]):
    try:
        answer[kind] = kinds[kind](path)
    except ImportError:
        pass
json.dump(answer, sys.stdout)
