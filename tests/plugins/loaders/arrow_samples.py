"""Makes arrow_samples.json beside it: a table as pandas and pyarrow compress it, in base64."""

import base64
import io
import json
import pathlib

import pyarrow as pa
from pyarrow import feather

# a column is more than the 64 KiB of a block
ROWS = 10_000

table = pa.table({
    "x": pa.array([None if i % 5 == 4 else i % 7 / 4 for i in range(ROWS)], pa.float64()),
    "n": pa.array([i % 3 for i in range(ROWS)], pa.int64()),
    "kind": pa.array([("cat", "dog")[i % 2] for i in range(ROWS)]).dictionary_encode(),
    "zeros": pa.array([0.0] * ROWS, pa.float64()),
})


def save(table, compression):
    file = io.BytesIO()
    feather.write_feather(table, file, compression=compression)
    return base64.b64encode(file.getvalue()).decode()


samples = {compression: save(table, compression) for compression in ("lz4", "zstd")}
samples["zeros"] = save(pa.table({"x": pa.array([0.0] * 200_000, pa.float64())}), "zstd")
path = pathlib.Path(__file__).with_name("arrow_samples.json")
path.write_text("{\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in samples.items()) + "\n}\n")
