"""Makes typed_table.json beside it: a table of every type in Arrow and in Parquet, by pyarrow, in base64."""

import base64
import datetime
import io
import json
import pathlib
from decimal import Decimal

import pyarrow as pa
from pyarrow import feather, parquet

days = [datetime.date(2001, 1, 2), datetime.date(1969, 12, 31), None, datetime.date(2022, 10, 9)]
times = [
    datetime.datetime(2020, 1, 2, 3, 4, 5, 123456),
    datetime.datetime(1960, 5, 6, 7, 8, 9, 999000),
    datetime.datetime(2021, 1, 1),
    datetime.datetime(2021, 1, 1),
]

table = pa.table({
    "price": pa.array([Decimal("0.3"), Decimal("-0.7"), Decimal("0.1"), Decimal("2.5")]),
    "large": pa.array([Decimal("123456789012345678.125"), None, Decimal("-0.001"), Decimal("7")], pa.decimal128(30, 3)),
    "wide": pa.array([Decimal("1.1"), Decimal("-2.2"), Decimal("3.3"), Decimal("4.4")], pa.decimal256(50, 2)),
    "prices": pa.array([[Decimal("0.3"), Decimal("0.6")]] * 4),
    "warm": pa.array([True, False, True, True]),
    "when": pa.array(times, pa.timestamp("us", tz="UTC")),
    "fine": pa.array(times, pa.timestamp("ns")),
    "day": pa.array(days),
    "days": pa.array([[datetime.date(2001, 1, 2)]] * 4),
    "seldom": pa.array([days[0]] * 4).dictionary_encode(),
    "bytes": pa.array([b"a\xff", b"b", b"", b"c"]),
    "place": pa.array([{"x": 1, "on": days[0]}] * 4),
    "grid": pa.array([[[1, 2], [3, 4], [5, 6]]] * 4),
    "ragged": pa.array([[1], [1, 2], [], [3]]),
    "words": pa.array([["a"]] * 4),
    "none": pa.array([None] * 4, pa.float64()),
    "kind": pa.array(["cat", "dog", "cat", "dog"]),
})


def arrow_file():
    file = io.BytesIO()
    feather.write_feather(table, file, compression="uncompressed")
    return file.getvalue()


def parquet_file(**options):
    file = io.BytesIO()
    parquet.write_table(table, file, compression="zstd", write_statistics=False, **options)
    return file.getvalue()


samples = {
    "arrow": arrow_file(),
    "parquet": parquet_file(),
    "parquet, decimals as integers": parquet_file(store_decimal_as_integer=True),
}
path = pathlib.Path(__file__).with_name("typed_table.json")
path.write_text(
    "{\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(base64.b64encode(v).decode())}" for k, v in samples.items()) + "\n}\n"
)
