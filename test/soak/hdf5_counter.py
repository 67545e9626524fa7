"""Check files that hold the counter of hdf5-counter-rows.ts with h5py.

    python3 hdf5_counter.py check                 files that a crash left, one for each line of standard input
    python3 hdf5_counter.py follow PATH RECORDS PAUSE   a file that is being written, until it has this many records

`check`: a line is a path and the least number of rows that each dataset has to have, as JSON: ["run.h5", 1200]. Every row
of every dataset is compared with what was written. The answer has the rows of each dataset and `problem`, or null.
`follow` says {"ready": true}, follows the file as an SWMR reader, and at the end says what it has seen. It waits up to
PAUSE seconds between a refresh and reading what it knows since then.
"""
import json
import random
import sys
import time

import h5py
import numpy as np

DATASETS = ("timestamps", "sequence", "n", "third", "pair")


def expected(name, start, stop):
    rows = np.arange(start, stop, dtype=np.int64)
    if name == "timestamps":
        return rows * 10_000
    if name == "third":
        return rows / 3.0
    if name == "pair":
        return np.stack([rows, ~rows], axis=1).astype(np.uint16)
    return rows


def compare(dataset, name, start, stop):
    values, good = dataset[start:stop], expected(name, start, stop)
    if values.dtype != good.dtype or values.shape != good.shape:
        raise ValueError(f"{name}[{start}:{stop}] is {values.dtype} {values.shape}")
    if not (values == good).all():
        at = int(np.argmax((values != good).reshape(len(values), -1).any(axis=1)))
        raise ValueError(f"{name}[{start + at}] of {len(dataset)} is {values[at]}, not {good[at]}")


def check(path, least):
    found = {}
    for swmr in (False, True):
        with h5py.File(path, "r", swmr=swmr) as file:
            group = file["entry/counter"]
            for name in DATASETS:
                rows = found[name] = len(group[name])
                if rows < least:
                    raise ValueError(f"{name} has {rows} rows, the checkpoint has {least}")
                compare(group[name], name, 0, rows)
                if file[name] != group[name]:
                    raise ValueError(f"/{name} is not {group.name}/{name}")
            if group.attrs["signal"] != "n" or list(group.attrs["axes"]) != ["timestamps"]:
                raise ValueError("the attributes of the default plot are not there")
            complete = bool(file["entry"].attrs["complete"])
    return {"rows": found, "complete": complete}


def check_all():
    print(json.dumps({"h5py": h5py.version.version, "hdf5": h5py.version.hdf5_version}), flush=True)
    for line in sys.stdin:
        path, least = json.loads(line)
        try:
            answer = {**check(path, least), "problem": None}
        except Exception as error:
            answer = {"rows": {}, "complete": False, "problem": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def follow(path, records, pause):
    """At each look: the newest rows, everything new, and some rows anywhere; at the end every row."""
    seen = {"looks": 0, "growths": 0, "rowsCompared": 0, "rows": 0, "problems": []}
    try:
        look_until(path, records, pause, seen)
    except Exception as error:
        seen["problems"].append(f"{type(error).__name__}: {error}")
    print(json.dumps(seen), flush=True)


def look_until(path, records, pause, seen):
    lengths, grew_at = dict.fromkeys(DATASETS, 0), time.monotonic()
    with h5py.File(path, "r", swmr=True) as file:
        # Each dataset is opened once: HDF5 up to 2.0 crashes when one that is open twice, with a version 1 B-tree, is refreshed.
        datasets = {name: file["entry/counter"][name] for name in DATASETS}
        print(json.dumps({"ready": True}), flush=True)
        while min(lengths.values()) < records and time.monotonic() - grew_at < 30:
            for dataset in datasets.values():
                dataset.refresh()
            time.sleep(random.uniform(0, pause))
            for name, dataset in datasets.items():
                before, rows = lengths[name], len(dataset)
                try:
                    if rows < before or rows > records:
                        raise ValueError(f"{name} has {rows} rows after {before}")
                    anywhere = random.randrange(max(1, rows - 1000))
                    for start, stop in ((max(0, min(before, rows - 500)), rows), (anywhere, min(rows, anywhere + 1000))):
                        compare(dataset, name, start, stop)
                        seen["rowsCompared"] += stop - start
                except Exception as error:
                    seen["problems"].append(f"{type(error).__name__}: {error}")
                if rows > before:
                    seen["growths"] += 1
                    grew_at = time.monotonic()
                lengths[name] = rows
            seen["looks"] += 1
        for name, dataset in datasets.items():
            try:
                compare(dataset, name, 0, len(dataset))
            except Exception as error:
                seen["problems"].append(f"at the end: {type(error).__name__}: {error}")
    seen["rows"] = min(lengths.values())


if sys.argv[1] == "check":
    check_all()
else:
    follow(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
