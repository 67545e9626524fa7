"""Runs other implementations of what the kernels do: one JSON list of requests on stdin, one of answers on stdout.

A request has the name of an operation, the path of its input, the path for its output and arguments; an answer is
null, or the message of what went wrong. Without requests the answer is the list of operations that there are.
"""

import ctypes
import ctypes.util
import json
import os
import sys
import zlib

operations = {
    "zlib.adler32": lambda data: b"%d" % zlib.adler32(data),
}

try:
    import imagecodecs
except ImportError:
    pass
else:

    def bitshuffle(function):
        def run(data, item_bytes, block_items):
            return bytes(function(data, itemsize=item_bytes, blocksize=block_items))

        return run

    operations |= {
        "imagecodecs.lz4.encode": lambda data, size: bytes(imagecodecs.lz4_encode(data)),
        "imagecodecs.lz4.decode": lambda data, size: bytes(imagecodecs.lz4_decode(data, out=size)),
        "imagecodecs.snappy.encode": lambda data, size: bytes(imagecodecs.snappy_encode(data)),
        "imagecodecs.snappy.decode": lambda data, size: bytes(imagecodecs.snappy_decode(data)),
        "imagecodecs.bitshuffle.encode": bitshuffle(imagecodecs.bitshuffle_encode),
        "imagecodecs.bitshuffle.decode": bitshuffle(imagecodecs.bitshuffle_decode),
    }

try:
    import pyarrow
except ImportError:
    pass
else:
    for word, codec in {"lz4": "lz4_raw", "snappy": "snappy"}.items():
        arrow = pyarrow.Codec(codec)
        operations[f"pyarrow.{word}.encode"] = lambda data, size, arrow=arrow: arrow.compress(data, asbytes=True)
        operations[f"pyarrow.{word}.decode"] = lambda data, size, arrow=arrow: arrow.decompress(
            data, decompressed_size=size, asbytes=True
        )

try:
    import h5py
    import numpy
except ImportError:
    pass
else:

    def dataset(data, item_bytes):
        items = len(data) // item_bytes
        file = h5py.File("memory", "w", driver="core", backing_store=False)
        return file, file.create_dataset("data", (items,), f"V{item_bytes}", chunks=(items,), shuffle=True)

    def h5_shuffle(data, item_bytes):
        file, stored = dataset(data, item_bytes)
        with file:
            stored[:] = numpy.frombuffer(data, f"V{item_bytes}")
            file.flush()
            return bytes(stored.id.read_direct_chunk((0,))[1])

    def h5_unshuffle(data, item_bytes):
        file, stored = dataset(data, item_bytes)
        with file:
            stored.id.write_direct_chunk((0,), data)
            return stored[:].tobytes()

    operations |= {"h5py.shuffle.encode": h5_shuffle, "h5py.shuffle.decode": h5_unshuffle}

isal = ctypes.util.find_library("isal") or "libisal.so.2"
try:
    crc32_iscsi = ctypes.CDLL(isal).crc32_iscsi
except (OSError, AttributeError):
    pass
else:
    crc32_iscsi.restype = ctypes.c_uint32
    operations["isa-l.crc32c"] = lambda data: b"%d" % (
        crc32_iscsi(data, len(data), ctypes.c_uint32(0xFFFFFFFF)) ^ 0xFFFFFFFF
    )


def answer(request):
    try:
        with open(request["input"], "rb") as file:
            data = file.read()
        output = operations[request["operation"]](data, *request["arguments"])
        with open(request["output"], "wb") as file:
            file.write(output)
    except Exception as error:  # The test says what could not be done.
        return f"{type(error).__name__}: {error}"
    return None


requests = json.load(sys.stdin)
answers = [answer(request) for request in requests] if requests else sorted(operations)
sys.stdout.write(json.dumps(answers) + os.linesep)
