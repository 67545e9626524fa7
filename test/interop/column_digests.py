"""What the programs here that read files with stock readers have in common: which readers there are, and digests of columns."""
import hashlib
import importlib

try:
    import numpy as np  # Every digest needs it.
except ImportError:
    np = None


def available(names):
    """Those libraries that this Python has, by name."""
    found = {}
    for name in names if np is not None else ():
        try:
            found[name] = importlib.import_module(name)
        except ImportError:
            pass
    return found


def digest(values, missing, dtype):
    """`values` is an array whose first axis is the record; it has to fit into `dtype` without a change."""
    inferred, values = str(values.dtype), np.ascontiguousarray(values)
    present = values[~missing]
    stored = present.astype(dtype)
    if not np.array_equal(stored.astype(present.dtype), present):
        raise ValueError(f"{inferred} does not fit into {dtype}")
    whole = np.zeros(values.shape, np.dtype(dtype).newbyteorder("<"))
    whole[~missing] = stored
    validity = (~missing).astype(np.uint8)
    return {"dtype": dtype, "inferred": inferred, "records": len(values), "missing": int(missing.sum()),
            "sha256": hashlib.sha256(whole.tobytes() + validity.tobytes()).hexdigest()}


def arrow_values(column):
    """The values of a pyarrow column, first axis the record, and where they are missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    missing = array.is_null().to_numpy(zero_copy_only=False)
    if isinstance(array, pa.ExtensionArray):
        return array.to_numpy_ndarray(), missing
    if pa.types.is_list(array.type):
        return array.flatten().to_numpy(zero_copy_only=False).reshape(len(array), -1), missing
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.int64())
    return pc.fill_null(array, 0).to_numpy(zero_copy_only=False), missing


def arrow_digests(table, is_wanted=lambda field: True):
    """A digest of each column of a pyarrow table."""
    seen = {}
    for field in table.schema:
        if is_wanted(field):
            values, missing = arrow_values(table[field.name])
            seen[field.name] = digest(values, missing, str(values.dtype))
    return seen
