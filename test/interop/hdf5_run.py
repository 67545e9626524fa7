"""Read recorded HDF5 files with every reader that this Python has, and print what they see as JSON.

    python3 hdf5_run.py FILE...

Prints {"readers": {name: version}, "extra": {name: filters}, "files": {path: {view: what it shows}}}. The views h5py, tables, netCDF4 and
imagecodecs give for each dataset below /entry, with numbers and without tiles of text, its dtype, shape and the sha256 of
its little-endian values; imagecodecs decodes the chunks itself, as h5py hands them out. A dataset whose filters a reader
does not have is {"filters": [...]}. `xarray` shows each group as a data set, `plot` what a NeXus viewer would plot, and
`attributes` those of the root. A view that fails has {"error": text}.
"""
import hashlib
import importlib
import json
import struct
import sys
import warnings
import zlib

warnings.simplefilter("ignore")

READERS = {}
for name in ("h5py", "tables", "netCDF4", "imagecodecs", "xarray", "h5netcdf"):
    try:
        import numpy as np  # Every view needs it.

        READERS[name] = importlib.import_module(name)
    except ImportError:
        pass
h5py = READERS.get("h5py")
imagecodecs = READERS.get("imagecodecs")

def netcdf4_filters():
    """Debian's netCDF4 says that it can, but has no plugin for HDF5."""
    module = READERS.get("netCDF4")
    is_wheel = module is not None and "dist-packages" not in module.__file__
    names = {"__has_blosc_support__": 32001, "__has_zstandard_support__": 32015}
    return [number for name, number in names.items() if is_wheel and getattr(module, name, False)]


# Filters of the HDF5 library inside each reader, beside those that all have.
EXTRA = {"h5py": [], "tables": [32001], "netCDF4": netcdf4_filters()}


def digest(values):
    values = np.ascontiguousarray(values)
    return {"dtype": str(values.dtype), "shape": list(values.shape), "sha256": hashlib.sha256(values.tobytes()).hexdigest()}


def numbers(file):
    """Every dataset of numbers below /entry that is a column, by its path."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "iuf" and item.ndim > 0 and "losses/" not in name:
            found["/entry/" + name] = item

    file["entry"].visititems(visit)
    return found


def filters_of(dataset):
    plist = dataset.id.get_create_plist()
    return [plist.get_filter(index) for index in range(plist.get_nfilters())]


def with_each(path, reader, read, without_scales=False):
    """`read` for each dataset whose filters the reader has."""
    seen = {}
    with h5py.File(path, "r") as file:
        wanted = {name: [one[0] for one in filters_of(dataset)] for name, dataset in numbers(file).items()
                  if not (without_scales and "REFERENCE_LIST" in dataset.attrs)}
    for name, ids in wanted.items():
        unknown = [number for number in ids if number >= 256 and number not in EXTRA[reader]]
        seen[name] = {"filters": unknown} if unknown else digest(read(name))
    return seen


def see_h5py(path):
    with h5py.File(path, "r") as file:
        return with_each(path, "h5py", lambda name: file[name][()])


def see_tables(path):
    """PyTables knows no compound of references, and so opens no scale that a dimension refers to, whoever wrote it."""
    with READERS["tables"].open_file(path, "r") as file:
        return with_each(path, "tables", lambda name: file.get_node(name).read(), without_scales=True)


def see_netcdf4(path):
    with READERS["netCDF4"].Dataset(path) as file:
        file.set_auto_maskandscale(False)

        def read(name):
            *groups, variable = name.strip("/").split("/")
            place = file
            for group in groups:
                place = place.groups[group]
            return place.variables[variable][...]

        return with_each(path, "netCDF4", read)


def unbitshuffle(data, element):
    return bytes(imagecodecs.bitshuffle_decode(data, itemsize=element, blocksize=len(data) // element))


def decode_bitshuffle(data, values):
    _, _, element, _, inner = values[:5]
    total, block = struct.unpack(">QI", data[:12])
    decode = {2: imagecodecs.lz4_decode, 3: imagecodecs.zstd_decode}[inner]
    at, out, end = 12, b"", total // (8 * element) * 8 * element
    while len(out) < end:
        length = min(block, end - len(out))
        (stored,) = struct.unpack(">I", data[at : at + 4])
        out += unbitshuffle(bytes(decode(data[at + 4 : at + 4 + stored], out=length)), element)
        at += 4 + stored
    return out + data[at:]


def decode_shuffle(data, values):
    element = values[0]
    whole = len(data) // element * element
    return np.frombuffer(data[:whole], "u1").reshape(element, -1).T.tobytes() + data[whole:]


DECODE = {
    1: lambda data, values: zlib.decompress(data),
    2: decode_shuffle,
    32001: lambda data, values: bytes(imagecodecs.blosc_decode(data)),
    32004: lambda data, values: bytes(imagecodecs.lz4h5_decode(data)),
    32008: decode_bitshuffle,
    32015: lambda data, values: bytes(imagecodecs.zstd_decode(data)),
}


def see_imagecodecs(path):
    seen = {}
    with h5py.File(path, "r") as file:
        for name, dataset in numbers(file).items():
            pipeline = filters_of(dataset)
            if dataset.chunks is None or not pipeline:
                seen[name] = digest(dataset[()])
                continue
            values = np.zeros(dataset.shape, dataset.dtype)
            for number in range(dataset.id.get_num_chunks()):
                offset = dataset.id.get_chunk_info(number).chunk_offset
                mask, data = dataset.id.read_direct_chunk(offset)
                for index, (filter_id, _, parameters, _) in reversed(list(enumerate(pipeline))):
                    if not mask & 1 << index:
                        data = DECODE[filter_id](data, parameters)
                chunk = np.frombuffer(data, dataset.dtype).reshape(dataset.chunks)
                place = tuple(slice(at, min(at + size, extent)) for at, size, extent in zip(offset, chunk.shape, values.shape))
                values[place] = chunk[tuple(slice(0, part.stop - part.start) for part in place)]
            seen[name] = digest(values)
    return seen


def see_xarray(path):
    """Raw values of each group's variables, and the times as xarray decodes them."""
    xarray, seen = READERS["xarray"], {}
    with h5py.File(path, "r") as file:
        groups = ["/"] + [f"/entry/{name}" for name, item in file["entry"].items() if item.attrs.get("NX_class") == "NXdata"]
    for group in groups:
        with xarray.open_dataset(path, engine="h5netcdf", group=group, mask_and_scale=False) as data:
            times = next((data[name] for name in data.coords if str(data[name].dtype).startswith("datetime64")), None)
            seen[group] = {
                "sizes": dict(data.sizes),
                "coordinates": sorted(data.coords),
                "variables": {
                    name: {"dimensions": list(variable.dims), **digest(variable.values)}
                    for name, variable in data.data_vars.items()
                    if variable.dtype.kind in "iuf"
                },
                "times": None
                if times is None
                else {"name": times.name, "dtype": str(times.dtype), "sha256": digest(times.values.astype("datetime64[ns]").view("i8"))["sha256"]},
            }
    return seen


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def see_plot(path):
    """The default plot, as the NeXus manual has viewers look for it."""
    with h5py.File(path, "r") as file:
        place, classes = file, [text(file.attrs["NX_class"])]
        while "default" in place.attrs:
            place = place[text(place.attrs["default"])]
            classes.append(text(place.attrs["NX_class"]))
        signal = place[text(place.attrs["signal"])]
        axes = [text(name) for name in np.atleast_1d(place.attrs["axes"])]
        lengths = [None if name == "." else list(place[name].shape) for name in axes]
        return {"classes": classes, "group": place.name, "signal": signal.name, "shape": list(signal.shape), "axes": axes,
                "lengths": lengths, "units": text(signal.attrs.get("units", ""))}


def see_attributes(path):
    def plain(value):
        if isinstance(value, np.ndarray):
            return [plain(item) for item in value.tolist()]
        return value.item() if isinstance(value, np.generic) else value

    with h5py.File(path, "r") as file:
        return {place: {name: plain(value) for name, value in file[place].attrs.items()} for place in ("/", "/entry/experiment")}


VIEWS = {
    "h5py": (("h5py",), see_h5py),
    "tables": (("h5py", "tables"), see_tables),
    "netCDF4": (("h5py", "netCDF4"), see_netcdf4),
    "imagecodecs": (("h5py", "imagecodecs"), see_imagecodecs),
    "xarray": (("h5py", "xarray", "h5netcdf"), see_xarray),
    "plot": (("h5py",), see_plot),
    "attributes": (("h5py",), see_attributes),
}


def look(view, path):
    try:
        return view(path)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def version(name, module):
    return module.version.version if name == "h5py" else module.__version__


if __name__ == "__main__":
    files = {
        path: {name: look(view, path) for name, (needs, view) in VIEWS.items() if all(one in READERS for one in needs)}
        for path in sys.argv[1:]
    }
    print(json.dumps({"readers": {name: version(name, module) for name, module in READERS.items()},
                      "extra": EXTRA, "files": files}))
