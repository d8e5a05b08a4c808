"""Makes npy_samples.json beside it: arrays as NumPy saves them, each compressed by gzip, in base64."""

import base64
import gzip
import io
import json
import pathlib

import numpy as np

a = np.arange(6).reshape(2, 3)
quarters = a.astype("<f4") / 4

ARRAYS = {
    **{dtype: (a / 4).astype(dtype) for dtype in ("<f2", "<f4", ">f4", "<f8", ">f8")},
    **{dtype: (a - 3).astype(dtype) for dtype in ("|i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8")},
    **{dtype: a.astype(dtype) for dtype in ("|u1", "<u2", "<u4", ">u4", "<u8")},
    "|b1": a % 2 == 0,
    "fortran": np.asfortranarray(quarters),
    "fortran3": np.asfortranarray(np.arange(24).astype("<i4").reshape(2, 3, 4)),
    "scalar": np.array(1.5, "<f4"),
    "empty": np.zeros((0, 3), "<f4"),
    "vector": np.arange(3).astype("<f4"),
    "object": np.array([{}], dtype=object),
    "text": np.array(["ab"]),
    "complex": np.array([1j]),
    "record": np.array([(1, 2.0)], dtype=[("x", "<i4"), ("y", "<f4")]),
    "big": np.array([1 << 40]),
}


def save(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return base64.b64encode(gzip.compress(file.getvalue(), 9, mtime=0)).decode()


samples = {name: save(array) for name, array in ARRAYS.items()}
samples["version 2"] = save(quarters, (2, 0))


def archive(savez):
    file = io.BytesIO()
    savez(file, x=quarters, y=np.array([2, 0]))
    return base64.b64encode(gzip.compress(file.getvalue(), 9, mtime=0)).decode()


samples["npz"] = archive(np.savez)
samples["npz compressed"] = archive(np.savez_compressed)
samples["version 3"] = save(quarters, (3, 0))
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"numpy": np.__version__, "samples": samples}, indent=2) + "\n")
