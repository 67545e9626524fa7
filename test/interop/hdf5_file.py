"""Read HDF5 files with h5py and print what is seen as JSON.

    hdf5_file.py versions
    hdf5_file.py show FILE...             every object, value and attribute
    hdf5_file.py series SERIES FILE...    check the values of growing datasets (see hdf5-series.ts)
    hdf5_file.py images OPERATIONS BYTES SERIES FILE   replay what was written, and open the file at every step
    hdf5_file.py losses OPERATIONS BYTES SERIES FILE SEED TRIES   the same after a power loss: of what was not flushed, any sectors may be missing
    hdf5_file.py follow FILE SERIES       follow a file that grows (SWMR, refresh) until standard input ends
    hdf5_file.py reopen FILE SERIES       open it anew all the time until standard input ends
    hdf5_file.py others FILE DATASET      what PyTables, netCDF4 and xarray read, where they are installed
    hdf5_file.py append FILE SERIES ROWS  let the library itself append rows
"""
import json
import random
import select
import sys
import warnings

warnings.simplefilter("ignore")

try:
    import h5py
    import numpy as np
except ImportError:
    print("{}")
    sys.exit(0)


def expected(series, start, stop):
    item = tuple(series["item"])
    places = np.arange(int(np.prod(item, dtype=np.int64)), dtype=np.int64).reshape(item)
    rows = np.arange(start, stop, dtype=np.int64).reshape((-1,) + (1,) * len(item))
    return ((rows * 31 + places * 7 + series["salt"]) % series["modulus"]).astype(series["dtype"])


def check(file, all_series, least, ends_only=False):
    """The rows of each series; raises when a value is wrong or a row is missing."""
    found = []
    for series in all_series:
        dataset = file[series["path"]]
        rows = dataset.shape[0]
        assert rows >= least, f"{series['path']} has {rows} rows instead of {least}"
        parts = [(0, rows)]
        if ends_only and rows > 200:
            parts = [(0, 20), (rows // 2, rows // 2 + 20), (rows - 130, rows)]
        for start, stop in parts:
            values = dataset[start:stop]
            good = expected(series, start, stop)
            assert values.dtype == good.dtype and (values == good).all(), f"{series['path']} {start}:{stop} of {rows}"
        found.append(rows)
    return found


def rows_of(path, series):
    try:
        with h5py.File(path, "r") as file:
            found = check(file, series, 0)
            for one in series:
                dataset = file[one["path"]]
                chunks = np.prod([-(-extent // chunk) for extent, chunk in zip(dataset.shape, dataset.chunks)])
                assert dataset.id.get_num_chunks() == chunks, f"{one['path']} has chunks behind its rows"
            return found
    except Exception as error:
        raise RuntimeError(path) from error


def plain(value):
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin1")}
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            return [plain(item) for item in value.ravel()]
        return value.tobytes().hex()
    if isinstance(value, np.generic):
        return value.tobytes().hex()
    if isinstance(value, h5py.Reference):
        return "reference"
    return value


def show(path):
    seen = {}

    def visit(name, item):
        entry = {"attributes": {}}
        for key, value in item.attrs.items():
            kind = str(getattr(value, "dtype", type(value).__name__))
            entry["attributes"][key] = [kind, list(np.shape(value)), plain(value)]
        if isinstance(item, h5py.Dataset):
            entry["dtype"] = str(item.dtype)
            entry["shape"] = list(item.shape)
            entry["chunks"] = item.chunks
            entry["values"] = plain(item[()])
        seen["/" + name] = entry

    with h5py.File(path, "r") as file:
        visit("", file)
        file.visititems(visit)
    return seen


def operations_of(operations, data):
    with open(operations) as file:
        listed = json.load(file)
    with open(data, "rb") as file:
        return listed, file.read()


class Images:
    """Opens a file again and again, and counts what is wrong."""

    def __init__(self, path, series):
        self.path, self.series = path, series
        self.least, self.opened, self.bad, self.seen = None, 0, [], set()

    def look(self, where):
        if self.least is None:
            return
        self.opened += 1
        try:
            with h5py.File(self.path, "r") as file:
                # All rows now and then; otherwise where something may have changed.
                self.seen.add(min(check(file, self.series, self.least, ends_only=self.opened % 20 > 0)))
        except Exception as error:
            self.bad.append(f"{where}: {type(error).__name__} {error}")

    def report(self):
        return {"opened": self.opened, "bad": self.bad[:5], "badCount": len(self.bad), "growths": len(self.seen)}


def images(operations, data, series, path):
    """Every write is cut at every page that it touches, alternately from its start and from its end."""
    listed, data = operations_of(operations, data)
    looking = Images(path, series)
    with open(path, "wb+", buffering=0) as out:
        for number, operation in enumerate(listed):
            if operation["kind"] == "mark":
                looking.least = operation["rows"]
            elif operation["kind"] == "truncate":
                out.truncate(operation["length"])
                looking.look(number)
            elif operation["kind"] == "write":
                start, stop, at = operation["offset"], operation["offset"] + operation["length"], operation["at"]
                cuts = [start] + list(range((start // 4096 + 1) * 4096, stop, 4096)) + [stop]
                pages = list(zip(cuts, cuts[1:]))
                for first, last in reversed(pages) if number % 2 else pages:
                    out.seek(first)
                    out.write(data[at + first - start : at + last - start])
                    looking.look(number)
    return looking.report()


def losses(operations, data, series, path, seed, tries):
    """Between two flushes, a disk may have written any of the sectors, each in any of its states."""
    listed, data = operations_of(operations, data)
    looking = Images(path, series)
    chance = random.Random(seed)
    image, length, pending = bytearray(), 0, []

    def apply(image, length, operation, sectors=None):
        if operation["kind"] == "truncate":
            length = operation["length"]
        else:
            start, stop, at = operation["offset"], operation["offset"] + operation["length"], operation["at"]
            length = max(length, stop)
            if len(image) < length:
                image.extend(bytes(length - len(image)))
            for sector in range(start // 512, (stop + 511) // 512):
                if sectors is not None and not sectors(sector):
                    continue
                first, last = max(start, sector * 512), min(stop, sector * 512 + 512)
                image[first:last] = data[at + first - start : at + last - start]
        if len(image) < length:
            image.extend(bytes(length - len(image)))
        return length

    for number, operation in enumerate(listed):
        if operation["kind"] == "mark":
            looking.least = operation["rows"]
        elif operation["kind"] != "flush":
            pending.append(operation)
        else:
            # Changes of the length are rare, and of two kinds of metadata: there, all combinations should come.
            rare = any(one["kind"] == "truncate" for one in pending)
            for _ in range(0 if looking.least is None or not pending else tries * 8 if rare else tries):
                torn, torn_length = bytearray(image), length
                kept = chance.random()
                lost = {}
                for one in pending:
                    # A sector that was lost once keeps its old bytes: later writes to it are lost as well.
                    def is_kept(sector):
                        if sector not in lost:
                            lost[sector] = chance.random() > kept
                        lost[sector] = lost[sector] or chance.random() > 0.8
                        return not lost[sector]

                    if one["kind"] == "truncate":
                        if chance.random() < 0.5:
                            torn_length = apply(torn, torn_length, one)
                    else:
                        torn_length = max(torn_length, apply(torn, torn_length, one, is_kept))
                with open(path, "wb") as out:
                    out.write(torn[:torn_length])
                    out.truncate(torn_length)
                looking.look(number)
            for one in pending:
                length = apply(image, length, one)
            pending = []
    return looking.report()


def is_over():
    return bool(select.select([sys.stdin], [], [], 0)[0])


def follow(path, series):
    counts = {"looked": 0, "growths": 0, "bad": []}
    with h5py.File(path, "r", swmr=True) as file:
        print("ready", flush=True)
        before, over = None, False
        while not over:
            over = is_over()
            try:
                for one in series:
                    file[one["path"]].refresh()
                rows = check(file, series, 0, ends_only=True)
                counts["growths"] += rows != before
                before = rows
            except Exception as error:
                counts["bad"].append(f"{type(error).__name__} {error}")
            counts["looked"] += 1
    counts["rows"] = before
    return counts


def reopen(path, series):
    """A reader that does not know SWMR reads each checksum once: now and then it comes upon a header in mid-write."""
    counts = {"looked": 0, "growths": 0, "torn": 0, "bad": []}
    print("ready", flush=True)
    before, over = None, False
    while not over:
        over = is_over()
        try:
            with h5py.File(path, "r") as file:
                rows = check(file, series, 0, ends_only=True)
            counts["growths"] += rows != before
            before = rows
        except Exception as error:
            if "incorrect metadata checksum" in str(error):
                counts["torn"] += 1
            else:
                counts["bad"].append(f"{type(error).__name__} {error}")
        counts["looked"] += 1
    counts["rows"] = before
    return counts


def others(path, name):
    """What other readers that this Python has make of one dataset: its rows, and the sum of its values."""
    found = {}
    try:
        import tables

        with tables.open_file(path) as file:
            values = file.get_node(name)[:]
            file.root._v_attrs._f_list()
            found["tables"] = [len(values), int(values.sum())]
    except ImportError:
        pass
    try:
        import netCDF4

        with netCDF4.Dataset(path) as file:
            values = file[name][:]
            found["netCDF4"] = [len(values), int(values.sum())]
    except ImportError:
        pass
    try:
        import h5netcdf
        import xarray

        group, _, variable = name.rpartition("/")
        with xarray.open_dataset(path, engine="h5netcdf", group=group) as file:
            values = file[variable]
            found["xarray"] = [values.sizes["time"], int(values.sum())]
    except ImportError:
        pass
    return found


def append(path, series, rows):
    with h5py.File(path, "r+") as file:
        for one in series:
            dataset = file[one["path"]]
            before = dataset.shape[0]
            dataset.resize(before + rows, axis=0)
            dataset[before:] = expected(one, before, before + rows)
            dataset.attrs["appended"] = rows
        file.create_group("another/group")["values"] = np.arange(1000)
        del file["entry/time"].attrs["units"]
    with h5py.File(path, "r") as file:
        return check(file, series, 0)


def main(command, *rest):
    if command == "versions":
        return {"h5py": h5py.version.version, "hdf5": h5py.version.hdf5_version}
    if command == "show":
        return {path: show(path) for path in rest}
    if command == "series":
        return {path: rows_of(path, json.loads(rest[0])) for path in rest[1:]}
    if command == "images":
        return images(rest[0], rest[1], json.loads(rest[2]), rest[3])
    if command == "losses":
        return losses(rest[0], rest[1], json.loads(rest[2]), rest[3], int(rest[4]), int(rest[5]))
    if command == "others":
        return others(*rest)
    if command == "append":
        return append(rest[0], json.loads(rest[1]), int(rest[2]))
    return {"follow": follow, "reopen": reopen}[command](rest[0], json.loads(rest[1]))


print(json.dumps(main(*sys.argv[1:])))
