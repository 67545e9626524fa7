"""Print the SHA-256 of some frames of one file, as a foreign reader sees them.

    python3 frame_digests.py FILE FRAME...

HDF5 is read by h5py, Arrow by pyarrow. Prints {"reader": name and version, "frames": count, "digests": [...]}.
"""
import hashlib
import json
import sys


def digest(frame):
    return hashlib.sha256(frame.tobytes()).hexdigest()


def from_hdf5(path, wanted):
    import h5py

    with h5py.File(path, "r") as file:
        frames = file["entry/camera0/frame"]
        return f"h5py {h5py.version.version}", len(frames), [digest(frames[at]) for at in wanted]


def from_arrow(path, wanted):
    import pyarrow as pa

    with pa.memory_map(path) as source, pa.ipc.open_file(source) as file:
        found, first = {}, 0
        for number in range(file.num_record_batches):
            batch = file.get_batch(number)
            for at in wanted:
                if first <= at < first + batch.num_rows:
                    frames = batch.column("frame").slice(at - first, 1).to_numpy_ndarray()
                    found[at] = digest(frames[0])
            first += batch.num_rows
        return f"pyarrow {pa.__version__}", first, [found[at] for at in wanted]


path, wanted = sys.argv[1], [int(text) for text in sys.argv[2:]]
try:
    reader, frames, digests = (from_arrow if path.endswith(".arrow") else from_hdf5)(path, wanted)
    print(json.dumps({"reader": reader, "frames": frames, "digests": digests}))
except ImportError as error:
    print(json.dumps({"missing": str(error)}))
