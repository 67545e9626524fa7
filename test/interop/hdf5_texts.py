"""Read the texts and bools of HDF5 files with every reader that this Python has, and print what they see as JSON.

    python3 hdf5_texts.py GROUP FILE...

Prints {"readers": {name: version}, "files": {path: {reader: {column: [values]}}}}: texts as texts, bools as true and false. h5py
also says which character set each text has, and xarray the type of the bools. A reader that fails has {"error": text}.
"""
import importlib
import json
import sys
import warnings

warnings.simplefilter("ignore")

READERS = {}
for name in ("h5py", "xarray", "h5netcdf", "tables", "netCDF4"):
    try:
        READERS[name] = importlib.import_module(name)
    except ImportError:
        pass
# With netCDF 4.9.0, any text of fixed length ends the process.
if "netCDF4" in READERS and tuple(map(int, READERS["netCDF4"].__version__.split(".")[:2])) < (1, 7):
    del READERS["netCDF4"]

group = sys.argv[1] if len(sys.argv) > 1 else ""


def by_h5py(path):
    h5py = READERS["h5py"]
    with h5py.File(path) as file:
        seen = {"character sets": {}}
        for name, dataset in file[group].items():
            kind = h5py.check_string_dtype(dataset.dtype)
            if kind is not None:
                seen[name] = list(dataset.asstr()[:])
                seen["character sets"][name] = kind.encoding
            elif "flag_meanings" in dataset.attrs:
                assert dataset.attrs["flag_meanings"] == "false true" and list(dataset.attrs["flag_values"]) == [0, 1]
                seen[name] = [bool(value) for value in dataset[:]]
        return seen


def by_xarray(path):
    seen = {"types": {}}
    with READERS["xarray"].open_dataset(path, group=group, engine="h5netcdf") as data:
        for name, values in data.variables.items():
            seen["types"][name] = values.dtype.kind
            if values.dtype.kind == "S":
                seen[name] = [value.decode() for value in values.values]
            elif values.dtype.kind == "b":
                seen[name] = values.values.tolist()
    return seen


def by_tables(path):
    with READERS["tables"].open_file(path) as file:
        # By name: it cannot list a group in which there is a scale that a dimension refers to.
        return {"note": [value.decode() for value in file.get_node(group + "/note").read()]}


def by_netcdf4(path):
    with READERS["netCDF4"].Dataset(path) as file:
        place = file[group]
        return {name: list(values[:]) for name, values in place.variables.items() if values.dtype is str}


VIEWS = {"h5py": by_h5py, "tables": by_tables, "netCDF4": by_netcdf4}
if "xarray" in READERS and "h5netcdf" in READERS:
    VIEWS["xarray"] = by_xarray


def view(read, path):
    try:
        return read(path)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


views = {name: read for name, read in VIEWS.items() if name in READERS}
print(
    json.dumps(
        {
            "readers": {name: READERS[name].__version__ for name in views},
            "files": {path: {name: view(read, path) for name, read in views.items()} for path in sys.argv[2:]},
        }
    )
)
