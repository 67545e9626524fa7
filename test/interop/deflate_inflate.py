"""Inflates raw deflate streams with every library there is.

One JSON list on stdin: paths of a stream and of the bytes it was made from. One JSON object on stdout: for each library
the file names of the streams that it refused, that gave other bytes, or that did not end with the file.
"""

import json
import os
import sys
import zlib


def with_zlib(stream, length):
    inflater = zlib.decompressobj(-15)
    found = inflater.decompress(stream) + inflater.flush()
    if not inflater.eof or inflater.unused_data:
        raise ValueError("the stream does not end where the file does")
    return found


libraries = {"zlib": with_zlib}

try:
    import imagecodecs

    # imagecodecs has libdeflate under this name; a stream without header and checksum is its `raw`.
    imagecodecs.deflate_decode(bytes([3, 0]), raw=True, out=1)
except (ImportError, AttributeError):
    pass
else:
    # A byte of room is left over, so that a stream which gives too much is seen, and an empty one has a target.
    libraries["libdeflate"] = lambda stream, length: bytes(
        imagecodecs.deflate_decode(stream, raw=True, out=length + 1)
    )


def problems_of(inflate, streams):
    for paths in streams:
        with open(paths["stream"], "rb") as file:
            stream = file.read()
        with open(paths["original"], "rb") as file:
            original = file.read()
        try:
            same = inflate(stream, len(original)) == original
        except Exception as error:  # The test names the stream.
            print(f"{os.path.basename(paths['stream'])}: {error}", file=sys.stderr)
            same = False
        if not same:
            yield os.path.basename(paths["stream"])


streams = json.load(sys.stdin)
json.dump({name: list(problems_of(inflate, streams)) for name, inflate in libraries.items()}, sys.stdout)
