"""Follows a ring and prints, as JSON, what it saw of each stream: python_ring.py PATH FROM SECONDS_PER_RECORD"""

import hashlib
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "clients" / "python"))

import numpy  # noqa: E402
from daq_ring import Overwritten, Ring  # noqa: E402


class Seen:
    def __init__(self):
        self.columns = {}
        self.masks = {}
        self.types = {}
        self.ranges = []
        self.lost = []
        self.gaps = []

    def take(self, record):
        first, count = record.first_sequence, record.count
        if record.lost_before:
            self.lost.append([first - record.lost_before, record.lost_before, record.lost_reason])
        if record.kind == "gap":
            self.gaps.append([first, count, record.reason, record.detail])
            return
        self.ranges.append([first, count])
        extra = {"sequence": record.sequence, "timestamps_ns": record.timestamps_ns}
        for name, values in {**record.columns, **extra}.items():
            self.types[name] = f"{values.dtype.str} {values.shape[1:]}"
            if isinstance(values, numpy.ma.MaskedArray):
                valid = (~numpy.ma.getmaskarray(values)).astype("u1").reshape(count, -1)
                assert (valid == valid[:, :1]).all(), "a value is missing as a whole"
                valid = valid[:, 0]
                self.masks.setdefault(name, hashlib.sha256()).update(valid.tobytes())
                values = values.data
            self.columns.setdefault(name, hashlib.sha256()).update(values.tobytes())

    def report(self):
        return {
            "columns": {name: digest.hexdigest() for name, digest in self.columns.items()},
            "masks": {name: digest.hexdigest() for name, digest in self.masks.items()},
            "types": self.types,
            "ranges": self.ranges,
            "lost": self.lost,
            "gaps": self.gaps,
        }


def main(path, from_, seconds):
    with Ring(path) as ring:
        capacity = ring.capacity_bytes
        records = ring.follow(from_=from_)
        print(json.dumps({"ready": True}), flush=True)
        streams = {}
        overwritten = shared = 0
        kept = []
        for record in records:
            seen = streams.setdefault(record.stream, Seen())
            time.sleep(seconds)
            try:
                own = record.copy()
            except Overwritten:
                overwritten += 1
                if record.lost_before:
                    start = record.first_sequence - record.lost_before
                    seen.lost.append([start, record.lost_before, record.lost_reason])
                continue
            shared += all(values.base is not None and not values.flags.writeable for values in record.columns.values())
            seen.take(own)
            kept.append((record, own))
        # What the ring still holds is still there to be seen, whatever was mapped since.
        same = sum(
            record.intact() and all(numpy.array_equal(record[name], own[name]) for name in own.columns)
            for record, own in kept
        )
        print(
            json.dumps(
                {
                    "state": ring.state,
                    "schemas": ring.schemas,
                    "run": ring.run,
                    "uid": ring.run_uid,
                    "produced": ring.produced,
                    "grew": ring.capacity_bytes > capacity,
                    "overwritten": overwritten,
                    "shared": shared,
                    "same": same,
                    "streams": {name: seen.report() for name, seen in streams.items()},
                }
            )
        )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
