"""Follows a daq-storage ring: live records as numpy arrays over shared memory, without copying.

Needs numpy and the standard library (Python 3.9 or later), on the machine and as the user of the recording. It opens
the ring read-only and takes no place in it: nothing here can slow down or disturb a recording. The byte layout is in
docs/ring-protocol.md.

    from daq_ring import Ring

    with Ring("/dev/shm/daq_ring") as ring:
        for record in ring.follow(streams=["camera0"]):
            if record.kind == "gap":
                continue
            mean = record["frame"].mean()
            if record.intact():
                print(record.sequence[-1], mean)
"""

import argparse
import json
import mmap
import os
import struct
import sys
import threading
import time
from datetime import datetime, timezone

import numpy

__all__ = ["Overwritten", "Record", "Ring", "RingError"]

MAGIC = b"DAQRING1"
VERSION = 1
MAX_BYTES, RUN_UID, PRODUCER_PID, PRODUCER_STATE, PRODUCER_START = 16, 32, 64, 68, 72
RESERVED, PUBLISHED, TAIL = 128, 192, 256
DIRECTORY_USED, DIRECTORY_OFFSET = 448, 452
GENERATION_COUNT, GENERATIONS, GENERATION_BYTES, MAX_GENERATIONS = 512, 576, 32, 16
STREAMS, STREAM_BYTES = 8192, 64
DATA = 286720
CLOSED, COMMITTED = 2, 2
PADDING, DATA_RECORD, GAP = 0, 1, 3
FLAG_TIMESTAMPS = 1
REASONS = ("ring-lapped", "device", "writer-failed", "disk-full", "aborted")
RECORD_HEADER = struct.Struct("<IIQQQQqQI")
RECORD_HEADER_BYTES = 64

# How long to sleep when there is nothing to read: a reader that only reads cannot ask to be woken.
SHORTEST_SLEEP, LONGEST_SLEEP = 0.0002, 0.005
LIVENESS_SECONDS = 0.25


class RingError(Exception):
    """A file that is not a ring, is another user's, is damaged, or is of another version."""


class Overwritten(Exception):
    """The ring went round while the record was being copied; it will be counted as lost."""


class Ring:
    """A ring file, open for reading. `follow` is what you want; several may run at once, also in threads."""

    def __init__(self, path):
        self.path = os.fspath(path)
        try:
            self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0))
        except OSError as error:
            raise RingError(f"{self.path}: {error.strerror}. Is a recording running?") from error
        try:
            self._open()
        except BaseException:
            os.close(self._fd)
            self._fd = -1
            raise

    def _open(self):
        head = os.pread(self._fd, 4096, 0)
        if head[:8] != MAGIC or len(head) < 12:
            raise RingError(f"{self.path} is not a ring file.")
        version, data = struct.unpack_from("<II", head, 8)
        if version != VERSION:
            raise RingError(f"{self.path} has ring layout version {version}; this program understands {VERSION}.")
        if os.fstat(self._fd).st_uid != os.getuid():
            raise RingError(f"{self.path} belongs to another user.")
        if data != DATA or len(head) < 4096:
            raise RingError(f"{self.path} is damaged: its header does not fit.")
        self._fence_lock = threading.Lock()
        self._streams = []
        self._run = None
        self._directory_read = 0
        self._map(DATA)
        self._capacity = 0
        self._read_generations()

    def _map(self, needed):
        """Maps the file as it is now. Arrays over the mapping before this one keep that alive by themselves."""
        size = os.fstat(self._fd).st_size
        if size < needed:
            raise RingError(f"{self.path} is damaged: {size} bytes, but its header names {needed}.")
        self._memory = memoryview(mmap.mmap(self._fd, size, access=mmap.ACCESS_READ))
        self._words = self._memory[: DATA].cast("Q")
        self._halves = self._memory[: DATA].cast("I")

    def _load(self, offset):
        """A 64-bit word that the producer may be storing: aligned, and the same twice."""
        while True:
            value = self._words[offset // 8]
            if value == self._words[offset // 8]:
                return value

    def _fence(self):
        """What was read before is read when something after it is read: a lock's release and the next one's acquire."""
        with self._fence_lock:
            pass
        with self._fence_lock:
            pass

    def _read_generations(self):
        count = self._halves[GENERATION_COUNT // 4]
        if not 1 <= count <= MAX_GENERATIONS:
            raise RingError(f"{self.path} is damaged: {count} generations.")
        places = (GENERATIONS + index * GENERATION_BYTES for index in range(count))
        self._generations = [tuple(self._words[at // 8 + field] for field in range(3)) for at in places]
        self._capacity = self._generations[-1][2]
        if DATA + self._capacity > len(self._memory):
            self._map(DATA + self._capacity)

    def _byte_of(self, position):
        for start, start_offset, capacity in reversed(self._generations):
            if start <= position:
                return DATA + (start_offset + position - start) % capacity
        raise RingError(f"{self.path} is damaged: position {position} is nowhere.")

    def _read_directory(self):
        used = self._halves[DIRECTORY_USED // 4]
        start = self._halves[DIRECTORY_OFFSET // 4]
        while self._directory_read + 8 <= used:
            at = start + self._directory_read
            kind, length = struct.unpack_from("<II", self._memory, at)
            value = json.loads(bytes(self._memory[at + 8 : at + 8 + length]))
            if kind == 1:
                self._streams.append(_Stream(value, len(self._streams)))
            elif kind == 2:
                self._run = value
            self._directory_read += (8 + length + 7) // 8 * 8

    @property
    def schemas(self):
        """The streams that have been declared so far, as dictionaries: name, columns (dtype, shape, unit …), rateHz …"""
        self._read_directory()
        return [stream.schema for stream in self._streams]

    @property
    def run(self):
        """What the producer says of the run, or None."""
        self._read_directory()
        return self._run

    @property
    def run_uid(self):
        return bytes(self._memory[RUN_UID : RUN_UID + 16]).hex()

    @property
    def capacity_bytes(self):
        self._read_generations()
        return self._capacity

    @property
    def produced(self):
        """Records that each stream's source produced so far, the lost ones included."""
        self._read_directory()
        return {stream.name: self._produced(stream) for stream in self._streams}

    def _produced(self, stream):
        return self._load(STREAMS + stream.index * STREAM_BYTES)

    @property
    def state(self):
        """"open", "closed", or "producer-died"."""
        if self._halves[PRODUCER_STATE // 4] == CLOSED:
            return "closed"
        return "open" if _is_alive(self._halves[PRODUCER_PID // 4], self._words[PRODUCER_START // 8]) else "producer-died"

    def follow(self, streams=None, from_="newest", timeout=None):
        """Yields records as they come, until the ring was closed and all is read, or its producer died.

        streams: names of the wanted ones; None for all. from_: "newest", or "oldest" for what the ring still holds.
        timeout: ends after so many seconds without a record; None waits for ever.

        A record's arrays are the ring's own memory: use them, then ask `record.intact()`. What `intact` (or `copy`)
        finds overwritten counts as lost, and the stream's next record says so in `lost_before`.
        """
        if from_ not in ("newest", "oldest"):
            raise ValueError(f'from_ is "newest" or "oldest", not {from_!r}')
        return _Follower(self, streams, from_ == "newest").records(timeout)

    def close(self):
        """Lets go of the file. Arrays that are still in use keep the memory that they show."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _dtype_of(column):
    """Texts are cells of UTF-8 with zeros behind it, which numpy has as bytes: `numpy.char.decode(values, "utf-8")`."""
    if column["dtype"] == "string":
        return numpy.dtype(f"S{column['maxBytes']}")
    return numpy.dtype(column["dtype"]).newbyteorder("<")


class _Stream:
    """A schema, and where the parts of a payload are."""

    def __init__(self, schema, index):
        self.schema = schema
        self.name = schema["name"]
        self.index = index
        self.columns = [
            (c["name"], _dtype_of(c), tuple(c["shape"]), c.get("nullable", False)) for c in schema["columns"]
        ]
        self.period_ns = 1e9 / schema.get("rateHz", 1)


class _Place:
    """Where a follower is in one stream."""

    def __init__(self, expected, is_fresh, lapped):
        self.expected = expected
        self.is_fresh = is_fresh
        self.lapped = lapped


class _Follower:
    def __init__(self, ring, wanted, newest):
        self.ring = ring
        self.wanted = None if wanted is None else set([wanted] if isinstance(wanted, str) else wanted)
        self.places = []
        self.cursor = ring._load(PUBLISHED if newest else TAIL)
        self.published = 0
        ring._read_directory()
        for stream in ring._streams:
            if newest:
                self.places.append(_Place(ring._produced(stream), True, False))
            else:
                self.places.append(_Place(0, False, self.cursor > 0))

    def records(self, timeout):
        ring = self.ring
        sleep = SHORTEST_SLEEP
        idle_since = looked_at = time.monotonic()
        end = None
        while True:
            record = self._next(end)
            if record is not None and (self.wanted is None or record.stream in self.wanted):
                yield record
                self._take_back(record)
                idle_since = time.monotonic()
                sleep = SHORTEST_SLEEP
                continue
            now = time.monotonic()
            if timeout is not None and now - idle_since >= timeout:
                return
            if record is not None:
                continue
            if end is not None:
                yield from self._missing_at_end(end)
                return
            if ring._halves[PRODUCER_STATE // 4] == CLOSED or now - looked_at > LIVENESS_SECONDS:
                looked_at = now
                if ring.state != "open":
                    # What was published before the end is seen by the look that follows.
                    end = ring.state
                    continue
            time.sleep(sleep)
            sleep = min(2 * sleep, LONGEST_SLEEP)

    def _take_back(self, record):
        """The caller found that the record was overwritten while it was used: it is lost."""
        if record._was_overwritten:
            place = self.places[record._index]
            place.expected = record.first_sequence
            place.lapped = True

    def _add_places(self):
        """For streams that were declared since: all their records are still to come."""
        self.ring._read_directory()
        while len(self.places) < len(self.ring._streams):
            self.places.append(_Place(0, False, False))

    def _lap(self, tail):
        """Overtaken: every stream may have lost something, also one that is met here for the first time."""
        self._add_places()
        for place in self.places:
            place.lapped = True
        self.cursor = tail

    def _look(self):
        self.published = self.ring._load(PUBLISHED)
        if self.ring._halves[GENERATION_COUNT // 4] != len(self.ring._generations):
            self.ring._read_generations()
        return self.cursor < self.published

    def _next(self, end):
        ring = self.ring
        while True:
            is_orphan = False
            if self.cursor >= self.published and not self._look():
                if end != "producer-died" or self.cursor >= ring._load(RESERVED):
                    return None
                is_orphan = True
            at = ring._byte_of(self.cursor)
            fields = RECORD_HEADER.unpack_from(bytes(ring._memory[at : at + RECORD_HEADER_BYTES]))
            ring._fence()
            tail = ring._load(TAIL)
            if tail > self.cursor:
                self._lap(tail)
                continue
            word, stream, distance, _, _, _, _, position, _ = fields
            if position != self.cursor or distance < RECORD_HEADER_BYTES:
                if is_orphan:
                    return None
                raise RingError(f"{ring.path} is damaged at position {self.cursor}.")
            self.cursor += distance
            if (word >> 8) & 0xFF not in (DATA_RECORD, GAP) or (is_orphan and word & 0xFF != COMMITTED):
                continue
            if stream >= len(self.places):
                self._add_places()
            return self._accept(at, fields)

    def _accept(self, at, fields):
        _, index, _, count, _, first, _, _, _ = fields
        place = self.places[index]
        lost = 0 if place.is_fresh and not place.lapped else max(0, first - place.expected)
        record = Record(self.ring, self.ring._streams[index], at, fields, lost, "ring-lapped" if place.lapped else "aborted")
        place.expected, place.is_fresh, place.lapped = first + count, False, False
        return record

    def _missing_at_end(self, end):
        """What was produced after a stream's last record that could be read: overwritten, or cut off by a crash."""
        for stream, place in zip(self.ring._streams, self.places):
            missing = self.ring._produced(stream) - place.expected
            if missing > 0 and (self.wanted is None or stream.name in self.wanted):
                reason = "ring-lapped" if place.lapped or end == "closed" else "aborted"
                word = COMMITTED | GAP << 8
                fields = (word, stream.index, 0, missing, 0, place.expected, time.time_ns(), 0, REASONS.index(reason))
                yield Record(None, stream, 0, fields, 0, reason)


class Record:
    """Some records of one stream: `count` rows that entered the ring together.

    kind             "data", or "gap" for rows that were lost before they reached the ring
    stream, schema   the stream's name, and its description
    count            number of rows; record["column"] has the shape (count, *shape of one value)
    sequence         int64 array: the rows' numbers; they count from 0 without holes in each stream
    timestamps_ns    int64 array: UTC nanoseconds of each row
    lost_before      rows of this stream lost right before this record, and lost_reason
    reason, detail   of a gap: why, and what the source said

    Arrays are read-only views of the ring, good only if `intact()` still says so after they were used.
    """

    def __init__(self, ring, stream, at, fields, lost_before, lost_reason):
        word, index, _, count, payload_bytes, first_sequence, first_timestamp_ns, position, reason = fields
        self._ring = ring
        self._index = index
        self._period_ns = stream.period_ns
        self._position = position
        self._was_overwritten = False
        self.kind = "gap" if (word >> 8) & 0xFF == GAP else "data"
        self.stream = stream.name
        self.schema = stream.schema
        self.count = count
        self.first_sequence = first_sequence
        self.first_timestamp_ns = first_timestamp_ns
        self.lost_before = lost_before
        self.lost_reason = lost_reason if lost_before else None
        self.columns = {}
        self.reason = self.detail = self._timestamps = None
        if self.kind == "gap":
            self.reason = REASONS[reason] if reason < len(REASONS) else "device"
            start = at + RECORD_HEADER_BYTES
            self.detail = bytes(ring._memory[start : start + payload_bytes]).decode("utf-8", "replace") if ring else ""
        else:
            self._view(stream, ring._memory, at + RECORD_HEADER_BYTES, bool((word >> 16) & FLAG_TIMESTAMPS))

    def _view(self, stream, memory, at, has_timestamps):
        def part(dtype, shape):
            nonlocal at
            items = self.count
            for extent in shape:
                items *= extent
            array = numpy.frombuffer(memory, dtype, items, at).reshape(self.count, *shape)
            at += (items * dtype.itemsize + 7) // 8 * 8
            return array

        if has_timestamps:
            self._timestamps = part(numpy.dtype("<i8"), ())
        for name, dtype, shape, nullable in stream.columns:
            values = part(dtype, shape)
            if nullable:
                missing = part(numpy.dtype("u1"), ()) == 0
                mask = numpy.broadcast_to(missing.reshape(-1, *(1 for _ in shape)), values.shape)
                values = numpy.ma.MaskedArray(values, mask)
            self.columns[name] = values

    def __getitem__(self, name):
        """A column's values: an array, or for a nullable column a masked array that masks what is missing."""
        return self.columns[name]

    @property
    def sequence(self):
        return numpy.arange(self.first_sequence, self.first_sequence + self.count, dtype=numpy.int64)

    @property
    def timestamps_ns(self):
        if self._timestamps is None:
            offsets = numpy.floor(numpy.arange(self.count) * self._period_ns + 0.5).astype(numpy.int64)
            self._timestamps = offsets + self.first_timestamp_ns
        return self._timestamps

    def intact(self):
        """True when none of the record has been overwritten yet: what was computed from its arrays is right."""
        if self._ring is None:
            return True
        self._ring._fence()
        if self._ring._load(TAIL) > self._position:
            self._was_overwritten = True
        return not self._was_overwritten

    def copy(self):
        """The same record in memory of its own, to keep. Raises Overwritten when the ring was faster."""
        twin = object.__new__(Record)
        twin.__dict__.update(self.__dict__)
        twin.columns = {name: values.copy() for name, values in self.columns.items()}
        if self._timestamps is not None:
            twin._timestamps = self._timestamps.copy()
        if not self.intact():
            raise Overwritten(f"{self.stream}: rows from {self.first_sequence} on were overwritten while being copied")
        twin._ring = None
        return twin

    def __repr__(self):
        last = self.first_sequence + self.count - 1
        return f"<Record {self.kind} {self.stream} {self.first_sequence}..{last}>"


def _is_alive(pid, start_ticks):
    """False also for a process that ended and was not collected, and for another one that has its number now."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    if not sys.platform.startswith("linux"):
        return True
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return False
    return fields[0] not in (b"Z", b"X") and start_ticks in (0, int(fields[19]))


def _describe(record):
    """One line about a record."""
    seconds, nanoseconds = divmod(record.first_timestamp_ns, 10**9)
    at = datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{nanoseconds // 1000:06d}Z"
    last = record.first_sequence + record.count - 1
    numbers = f"{record.first_sequence}" if record.count == 1 else f"{record.first_sequence}..{last}"
    if record.kind == "gap":
        return f"{at}  {record.stream}  {numbers}  LOST ({record.reason}) {record.detail}".rstrip()
    units = {column["name"]: f" {column['unit']}" if "unit" in column else "" for column in record.schema["columns"]}
    parts = []
    for name, values in record.columns.items():
        if values.ndim == 1:
            last = values[-1]
            shown = repr(last.decode("utf-8", "replace")) if isinstance(last, bytes) else last
            parts.append(f"{name}={shown}{units[name]}")
        else:
            shape = "x".join(map(str, values.shape[1:]))
            parts.append(f"{name} {values.dtype} {shape} min {values[-1].min()} max {values[-1].max()} mean {values[-1].mean():.6g}")
    return f"{at}  {record.stream}  {numbers}  {'  '.join(parts)}"


def main(arguments=None):
    """Prints a line for each record. Exit code: 0 nothing was missed, 3 something was, 1 not a ring."""
    parser = argparse.ArgumentParser(description="Prints a line for each record of a daq-storage ring.")
    parser.add_argument("path", help="the ring file, for example /dev/shm/daq_ring")
    parser.add_argument("--from", dest="from_", choices=("newest", "oldest"), default="newest")
    parser.add_argument("--stream", action="append", help="only this stream; may be given several times")
    parser.add_argument("--timeout", type=float, help="stop after so many seconds without a record")
    options = parser.parse_args(arguments)
    missed = False
    try:
        with Ring(options.path) as ring:
            for record in ring.follow(options.stream, options.from_, options.timeout):
                line = _describe(record)
                if record.lost_before:
                    missed = True
                    print(f"  {record.stream}: {record.lost_before} lost before this ({record.lost_reason})")
                missed = missed or record.kind == "gap"
                if record.intact():
                    print(line, flush=True)
                else:
                    missed = True
            print(f"The ring is {ring.state}.", file=sys.stderr)
    except RingError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 3 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
