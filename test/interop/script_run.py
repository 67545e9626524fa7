"""Read the file of a script's run with h5py, and print what is in it as JSON.

    python3 script_run.py FILE

Prints {"streams": {stream: {column: its values}}}; of frames {"shape", "dtype", "sums": the sum of each, "distinct": how many are different}.
"""
import json
import sys

import h5py

streams = {}
with h5py.File(sys.argv[1], "r") as file:
    for name, group in file["entry"].items():
        if name in ("daq", "instrument", "losses", "experiment") or not isinstance(group, h5py.Group):
            continue
        streams[name] = columns = {}
        for column, values in group.items():
            if values.ndim == 3:
                columns[column] = {
                    "shape": list(values.shape),
                    "dtype": str(values.dtype),
                    "distinct": len({frame.tobytes() for frame in values}),
                    "sums": [int(frame.astype("int64").sum()) for frame in values],
                }
            elif values.ndim == 1 and column not in ("x", "y"):
                columns[column] = [value.item() for value in values[()]]
print(json.dumps({"streams": streams}))
