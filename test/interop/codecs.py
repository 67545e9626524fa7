"""Decodes what daq-storage encoded with the libraries that this Python has, and encodes with them.

Usage: codecs.py            the libraries, as JSON
       codecs.py FOLDER     FOLDER/ours.json lists encoded files; the answer has, for each file and library, the digest
                            of what it decodes to, and the files that the libraries encoded from the same contents
"""

import gzip
import hashlib
import json
import os
import struct
import sys
import zlib


def module(name):
    try:
        return __import__(name)
    except ImportError:
        return None


numpy = module("numpy")
imagecodecs = module("imagecodecs")
pyarrow = module("pyarrow")
blosc2 = module("blosc2")
cramjam = module("cramjam")

libraries = {
    name: str(getattr(found, "__version__", ""))
    for name, found in (
        ("numpy", numpy),
        ("imagecodecs", imagecodecs),
        ("pyarrow", pyarrow),
        ("blosc2", blosc2),
        ("cramjam", cramjam),
    )
    if found is not None
}


def arrow_codec(name):
    return pyarrow.Codec(name) if pyarrow is not None and pyarrow.Codec.is_available(name) else None


def unshuffle(data, step, size):
    whole = size // step["elementBytes"] * step["elementBytes"]
    planes = numpy.frombuffer(data[:whole], "u1").reshape(step["elementBytes"], -1)
    return planes.T.tobytes() + data[whole:]


def unbitshuffle(data, size, element, block=0):
    whole = size // (8 * element) * 8 * element
    if whole == 0:
        return data
    return bytes(imagecodecs.bitshuffle_decode(data[:whole], itemsize=element, blocksize=block)) + data[whole:]


def hdf5_bitshuffle(data, step, size):
    element = step["elementBytes"]
    if step["inner"] == "none":
        return unbitshuffle(data, size, element)
    total, block = struct.unpack(">QI", data[:12])
    assert total == size
    decode = {
        "lz4": lambda part, length: bytes(imagecodecs.lz4_decode(part, out=length)),
        "zstd": lambda part, length: bytes(imagecodecs.zstd_decode(part, out=length)),
    }[step["inner"]]
    at, out = 12, b""
    end = size // (8 * element) * 8 * element
    while len(out) < end:
        length = min(block, end - len(out))
        (stored,) = struct.unpack(">I", data[at : at + 4])
        part = decode(data[at + 4 : at + 4 + stored], length)
        assert len(part) == length
        out += unbitshuffle(part, length, element, length // element)
        at += 4 + stored
    return out + data[at:]


def fletcher32(data, step, size):
    (stored,) = struct.unpack("<I", data[-4:])
    assert imagecodecs.h5checksum_fletcher32(data[:-4]) == stored
    return data[:-4]


def raw_deflate(data, step, size):
    return zlib.decompress(data, -15)


def decoders(step):
    """Library by library: a function of data, step and size."""
    codec = step["codec"]
    found = {}
    if codec == "deflate":
        found["zlib"] = raw_deflate
    elif codec == "zlib":
        found["zlib"] = lambda data, step, size: zlib.decompress(data)
    elif codec == "gzip":
        found["gzip"] = lambda data, step, size: gzip.decompress(data)
    if numpy is not None and codec == "shuffle":
        found["numpy"] = unshuffle
    if imagecodecs is not None:
        found.update(
            {
                "bitshuffle": {"imagecodecs": lambda data, step, size: unbitshuffle(data, size, step["elementBytes"])},
                "zlib": {"imagecodecs": lambda data, step, size: imagecodecs.zlib_decode(data, out=size)},
                "gzip": {"imagecodecs": lambda data, step, size: imagecodecs.gzip_decode(data, out=size)},
                "lz4-block": {"imagecodecs": lambda data, step, size: imagecodecs.lz4_decode(data, out=size)},
                "lz4-frame": {"imagecodecs": lambda data, step, size: imagecodecs.lz4f_decode(data)},
                "snappy": {"imagecodecs": lambda data, step, size: imagecodecs.snappy_decode(data)},
                "zstd": {"imagecodecs": lambda data, step, size: imagecodecs.zstd_decode(data)},
                "blosc": {"imagecodecs": lambda data, step, size: imagecodecs.blosc_decode(data)},
                "hdf5-lz4": {"imagecodecs": lambda data, step, size: imagecodecs.lz4h5_decode(data)},
                "hdf5-bitshuffle": {"imagecodecs": hdf5_bitshuffle},
                "fletcher32": {"imagecodecs": fletcher32},
            }.get(codec, {})
        )
    name = {"lz4-block": "lz4_raw", "lz4-frame": "lz4", "snappy": "snappy", "zstd": "zstd", "gzip": "gzip"}.get(codec)
    if name is not None and arrow_codec(name) is not None:
        found["pyarrow"] = lambda data, step, size: arrow_codec(name).decompress(data, decompressed_size=size).to_pybytes()
    if blosc2 is not None and codec == "blosc":
        found["blosc2"] = lambda data, step, size: blosc2.decompress(data)
    if cramjam is not None:
        jam = {
            "lz4-frame": lambda data, step, size: cramjam.lz4.decompress(data),
            "lz4-block": lambda data, step, size: cramjam.lz4.decompress_block(data, output_len=size),
            "snappy": lambda data, step, size: cramjam.snappy.decompress_raw(data),
            "zstd": lambda data, step, size: cramjam.zstd.decompress(data),
        }.get(codec)
        if jam is not None:
            found["cramjam"] = jam
    return found


def digest(data):
    return hashlib.sha256(bytes(data)).hexdigest()


def decode_all(folder, entries):
    answer = {}
    for entry in entries:
        with open(os.path.join(folder, entry["file"]), "rb") as file:
            data = file.read()
        seen = {}
        for library, decode in decoders(entry["step"]).items():
            # Libraries differ in what they make of nothing.
            if entry["size"] == 0 and library in ("imagecodecs", "blosc2", "pyarrow", "cramjam"):
                continue
            try:
                seen[library] = digest(decode(data, entry["step"], entry["size"]))
            except Exception as error:
                seen[library] = f"{type(error).__name__}: {error}"
        answer[entry["file"]] = seen
    return answer


def encoders(data):
    """Name, step and encoded bytes."""
    if imagecodecs is not None:
        yield "imagecodecs", {"codec": "lz4-block"}, imagecodecs.lz4_encode(data)
        yield "imagecodecs", {"codec": "lz4-frame"}, imagecodecs.lz4f_encode(data)
        yield "imagecodecs with checksums", {"codec": "lz4-frame"}, imagecodecs.lz4f_encode(
            data, contentchecksum=True, blockchecksum=True, blocksizeid=4
        )
        yield "imagecodecs", {"codec": "snappy"}, imagecodecs.snappy_encode(data)
        yield "imagecodecs", {"codec": "zstd", "level": 1}, imagecodecs.zstd_encode(data, level=5)
        yield "imagecodecs", {"codec": "zlib", "level": 1}, imagecodecs.zlib_encode(data, level=9)
        yield "imagecodecs", {"codec": "deflate", "level": 1}, imagecodecs.deflate_encode(data, raw=True, level=8)
        yield "imagecodecs", {"codec": "hdf5-lz4"}, imagecodecs.lz4h5_encode(data)
        yield "imagecodecs in small blocks", {"codec": "hdf5-lz4"}, imagecodecs.lz4h5_encode(data, blocksize=5000)
        for element in (1, 2, 4, 8):
            whole = len(data) // (8 * element) * 8 * element
            if whole > 0:
                planes = bytes(imagecodecs.bitshuffle_encode(data[:whole], itemsize=element)) + data[whole:]
                yield "imagecodecs", {"codec": "bitshuffle", "elementBytes": element}, planes
        for inner in ("lz4", "lz4hc", "zstd", "zlib"):
            for shuffle, name in enumerate(("none", "byte", "bit")):
                for element in (1, 2, 8):
                    for level in (1, 5, 9):
                        step = {
                            "codec": "blosc",
                            "inner": "lz4" if inner == "lz4hc" else inner,
                            "shuffle": name,
                            "elementBytes": element,
                            "level": level,
                        }
                        encoded = imagecodecs.blosc_encode(
                            data, level=level, compressor=inner, shuffle=shuffle, typesize=element
                        )
                        yield f"imagecodecs {inner}", step, encoded
        sum32 = imagecodecs.h5checksum_fletcher32(data)
        yield "imagecodecs", {"codec": "fletcher32"}, data + struct.pack("<I", sum32)
    for name, step in (
        ("lz4", {"codec": "lz4-frame"}),
        ("lz4_raw", {"codec": "lz4-block"}),
        ("snappy", {"codec": "snappy"}),
        ("zstd", {"codec": "zstd", "level": 1}),
    ):
        codec = arrow_codec(name)
        if codec is not None:
            yield "pyarrow", step, codec.compress(data).to_pybytes()
    if cramjam is not None:
        yield "cramjam", {"codec": "lz4-frame"}, bytes(cramjam.lz4.compress(data))
        yield "cramjam", {"codec": "snappy"}, bytes(cramjam.snappy.compress_raw(data))
        yield "cramjam without a size", {"codec": "zstd", "level": 1}, bytes(cramjam.zstd.compress(data))


def encode_all(folder, contents):
    theirs = []
    for name in contents:
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        for library, step, encoded in encoders(data):
            path = f"theirs-{len(theirs)}"
            with open(os.path.join(folder, path), "wb") as file:
                file.write(bytes(encoded))
            theirs.append({"file": path, "content": name, "library": library, "step": step})
    return theirs


if len(sys.argv) == 1:
    print(json.dumps({"libraries": libraries}))
else:
    folder = sys.argv[1]
    with open(os.path.join(folder, "ours.json")) as file:
        listing = json.load(file)
    answer = {
        "libraries": libraries,
        "ours": decode_all(folder, listing["ours"]),
        "theirs": encode_all(folder, listing["contents"]),
    }
    print(json.dumps(answer))
